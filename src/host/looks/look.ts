/** What is asked of the program that looks, and how it answers. */

/** Runs these programs one after the other and shows the lines that match. */
export interface Look {
  readonly commands: readonly (readonly [string, ...string[]])[];
  /** A regular expression. */
  readonly lines: string;
}

/** The line after those that a look has shown; no line of iptables is like it. */
export const END = '.';

/**
 * Looks are told as JSON, a line each.
 * @throws Error for anything else
 */
export function lookOf(line: string): Look {
  const told: unknown = JSON.parse(line);
  if (!isLook(told)) throw new Error(`not a look: ${line}`);
  return told;
}

/** Only the agent writes them: who wrote the outside wrote the inside. */
function isLook(told: unknown): told is Look {
  if (typeof told !== 'object' || told === null || !('commands' in told) || !('lines' in told)) return false;
  return Array.isArray(told.commands) && typeof told.lines === 'string';
}
