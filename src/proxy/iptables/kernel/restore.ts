/** Giving rules to the kernel. */
import type { Exec } from '../../../host/exec.ts';
import type { Family } from '../../../net/ip.ts';
import { LOCK_SECONDS, type Tools } from './tools.ts';

/** As long as the largest table may take, on a slow machine behind other users of the lock. */
const TIMEOUT_MS = 300_000;

/**
 * `locked`: another program holds what all users of iptables share. `exhausted`: the kernel is out of memory or
 * room. Both pass. `refused`: the kernel or iptables will not have the rules.
 */
export type RestoreFailure = 'locked' | 'exhausted' | 'refused';

/** iptables-restore refused; nothing of the table it names was changed. */
export class RestoreError extends Error {
  override readonly name = 'RestoreError';
  readonly family: Family;
  readonly kind: RestoreFailure;
  /** What iptables said, in one line. */
  readonly reason: string;
  /** What iptables said. */
  readonly stderr: string;
  /** The line of the input that it named, if any; legacy names the COMMIT when it is the kernel that refuses. */
  readonly line: string | undefined;

  constructor(tools: Tools, code: number, stderr: string, input: Iterable<string>) {
    const number = Number(/\bline:? (\d+)/i.exec(stderr)?.[1] ?? 0);
    const line = number > 0 ? lineOf(input, number) : undefined;
    const kind = failureOf(code, stderr);
    const said = stderr.trim().replaceAll(/\s*\n\s*/g, ' ') || 'no reason given';
    const hint =
      kind === 'locked' ? `; another program has held the lock of iptables for ${LOCK_SECONDS} s` : '';
    const where = line === undefined ? '' : ` (line ${number}: ${line})`;
    super(`${tools.restore} exits with ${code}: ${said}${where}${hint}`);
    this.family = tools.family;
    this.kind = kind;
    this.reason = said;
    this.stderr = stderr;
    this.line = line;
  }
}

function failureOf(code: number, stderr: string): RestoreFailure {
  if (/xtables lock/i.test(stderr)) return 'locked';
  // 124 and 128: killed, for taking too long or by the kernel for want of memory.
  if (code === 124 || code === 128 || EXHAUSTED.test(stderr)) return 'exhausted';
  return 'refused';
}

const EXHAUSTED =
  /No space left on device|Cannot allocate memory|Memory allocation problem|No buffer space|Message too long|temporarily unavailable|Too many open files/;

/**
 * Adds to what is there: chains that the input declares are emptied first, all others stay. The input comes in
 * pieces of whole lines, and may be asked for twice.
 */
export async function restore(exec: Exec, tools: Tools, input: Iterable<string>): Promise<void> {
  const argv = [tools.restore, ...tools.wait, '--noflush'] as const;
  const { code, stderr } = await exec.run(argv, { stdinPieces: input, timeoutMs: TIMEOUT_MS });
  if (code !== 0) throw new RestoreError(tools, code, stderr, input);
}

function lineOf(input: Iterable<string>, number: number): string | undefined {
  let left = number;
  for (const piece of input) {
    const lines = piece.split('\n');
    if (left < lines.length) return lines[left - 1];
    left -= lines.length - 1;
  }
  return undefined;
}
