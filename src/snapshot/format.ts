/**
 * What a snapshot is on disk, so that any other octets are recognised as not being one:
 *
 *     fairlead snapshot 1\n
 *     {"cluster": ..., "node": ..., "boot": ..., "writtenAt": ...}\n
 *     gzip members: one record a line, as JSON
 *     SHA-256 of all of this, 32 octets
 *
 * The sum is last, so that a snapshot is written in one go without being held.
 */
import { createHash } from 'node:crypto';

/** To be raised with every change to `src/kube/records.ts` that an older or a newer agent would misread. */
const VERSION = 1;

const NAME = 'fairlead snapshot ';
export const FIRST_LINE: string = `${NAME}${VERSION}\n`;
const SUM_OCTETS = 32;
/** 100,000 Services of 5 endpoints take some 10 MB. */
export const MAX_OCTETS: number = 128 * 1024 * 1024;
/** A slice holds at most 1,000 endpoints. */
export const MAX_LINE_OCTETS: number = 8 * 1024 * 1024;

export const FILE_NAME = 'catalog.snapshot';
export const UNFINISHED_NAME = 'catalog.snapshot.new';

/** Head line and compressed records. @throws Error that says what is wrong with it */
export function opened(octets: Buffer): { readonly head: string; readonly body: Buffer } {
  const first = octets.subarray(0, 64).toString('latin1').split('\n', 1)[0] ?? '';
  if (!first.startsWith(NAME)) throw new Error('it does not begin as a snapshot does');
  const sealed = octets.subarray(0, -SUM_OCTETS);
  const sum = createHash('sha256').update(sealed).digest();
  if (!sum.equals(octets.subarray(-SUM_OCTETS)))
    throw new Error('its checksum does not fit: torn, or damaged');
  if (`${first}\n` !== FIRST_LINE) {
    throw new Error(`it is of version ${first.slice(NAME.length)}, and this agent reads ${VERSION}`);
  }
  const end = sealed.indexOf('\n', FIRST_LINE.length);
  if (end < 0) throw new Error('it has no head');
  return {
    head: sealed.toString('utf8', FIRST_LINE.length, end),
    body: sealed.subarray(end + 1),
  };
}
