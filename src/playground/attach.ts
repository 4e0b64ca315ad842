/** Running a program on our own terminal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Environment } from './surroundings.ts';

/**
 * A shell in another process namespace takes the terminal for itself and cannot give it back: our process group
 * has no number there. A shell of ours around it, with job control, restores what it found.
 */
const KEEP_TERMINAL = ['sh', '-m', '-c', '"$@"; exit $?', 'attach'];

/** Resolves to the exit code. */
export async function attach(argv: readonly string[], env: Environment): Promise<number> {
  const [program = 'false', ...args] = process.stdin.isTTY ? [...KEEP_TERMINAL, ...argv] : argv;
  // Ctrl-C on this terminal is for the program in front, not for us.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  try {
    const child = spawn(program, args, { stdio: 'inherit', env: { ...env } });
    const [code] = await once(child, 'exit');
    return typeof code === 'number' ? code : 1;
  } finally {
    process.off('SIGINT', ignore);
  }
}
