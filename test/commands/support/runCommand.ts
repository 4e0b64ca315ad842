import type { Command } from '../../../src/commands/line/command.ts';
import { dispatch } from '../../../src/commands/line/dispatch.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it from a command line, as `fairlead` does, without an environment. */
export async function runCommand(command: Command, ...args: readonly string[]): Promise<Ran> {
  const out = { stdout: '', stderr: '' };
  const code = await dispatch(
    { [command.name]: () => Promise.resolve({ command }) },
    [command.name, ...args],
    {
      stdout: (text) => {
        out.stdout += `${text}\n`;
      },
      stderr: (text) => {
        out.stderr += `${text}\n`;
      },
      env: {},
    },
  );
  return { code, ...out };
}
