/** Giving rules to the kernel. */
import type { Exec } from '../../../host/exec.ts';
import type { Family } from '../../../net/ip.ts';
import type { Tools } from './tools.ts';

/** As long as the largest table may take, on a slow machine behind other users of the lock. */
const TIMEOUT_MS = 300_000;

/** iptables-restore refused; nothing of the table it names was changed. */
export class RestoreError extends Error {
  override readonly name = 'RestoreError';
  readonly family: Family;
  /** What iptables said. */
  readonly stderr: string;
  /** The line of the input that it named, if any; legacy names the COMMIT when it is the kernel that refuses. */
  readonly line: string | undefined;

  constructor(tools: Tools, code: number, stderr: string, input: Iterable<string>) {
    const number = Number(/\bline:? (\d+)/i.exec(stderr)?.[1] ?? 0);
    const line = number > 0 ? lineOf(input, number) : undefined;
    const said = stderr.trim().replaceAll(/\s*\n\s*/g, ' ') || 'no reason given';
    super(
      `${tools.restore} exits with ${code}: ${said}${line === undefined ? '' : ` (line ${number}: ${line})`}`,
    );
    this.family = tools.family;
    this.stderr = stderr;
    this.line = line;
  }
}

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
