/**
 * For the first try, and each further one twice as long. The kernel sends a lost SYN again after 1 s: while there
 * are other endpoints, trying one of them is quicker.
 */
const FIRST_MS = 500;
const LONGEST_MS = 2_000;
/** With no other endpoint left, a lost SYN may be lost twice. */
const LAST_MS = 5_000;

/** How long an endpoint may take to answer, in milliseconds. */
export function dialTimeout(attempt: number, last: boolean): number {
  return last ? LAST_MS : Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
}
