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

  constructor(tools: Tools, code: number, stderr: string, input: string) {
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

/** Adds to what is there: chains that the input declares are emptied first, all others stay. */
export async function restore(exec: Exec, tools: Tools, input: string): Promise<void> {
  const argv = [tools.restore, ...tools.wait, '--noflush'] as const;
  const { code, stderr } = await exec.run(argv, { stdin: input, timeoutMs: TIMEOUT_MS });
  if (code !== 0) throw new RestoreError(tools, code, stderr, input);
}

function lineOf(input: string, number: number): string | undefined {
  let from = 0;
  for (let line = 1; line < number; line++) {
    from = input.indexOf('\n', from) + 1;
    if (from === 0) return undefined;
  }
  const end = input.indexOf('\n', from);
  return input.slice(from, end < 0 ? input.length : end);
}
