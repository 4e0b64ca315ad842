/** A program that runs beside us and does what it is told, line by line. */
import { spawn } from 'node:child_process';

export interface Companion {
  /** Never rejects or throws; what a program that has ended is told is lost. */
  tell(lines: readonly string[]): void;
  /** Ends its input; resolves when it has done all it was told and is gone. */
  stop(): Promise<void>;
}

export interface CompanionEvents {
  /** It wrote this to stderr. */
  readonly complained: (text: string) => void;
  /** It ended without having been stopped, or never started. */
  readonly ended: (reason: string) => void;
  /** It wrote this to stdout, in pieces that may end anywhere. Absent: its output is thrown away. */
  readonly said?: (piece: string) => void;
}

/**
 * For what must be done every second. Starting a process copies the page tables of ours: beside 200 MB that held
 * the event loop, and with it DNS, for 16 ms on average and up to 74 ms. Its input ends when we die, by SIGKILL too,
 * so one that reads it never outlives us.
 */
export type StartCompanion = (argv: readonly [string, ...string[]], events: CompanionEvents) => Companion;

const STOP_MS = 2000;

export const startCompanion: StartCompanion = ([program, ...args], events) => {
  // LC_ALL: what it complains about is logged, and compared.
  const child = spawn(program, args, {
    env: { ...process.env, LC_ALL: 'C' },
    stdio: ['pipe', events.said === undefined ? 'ignore' : 'pipe', 'pipe'],
  });
  let stopping = false;
  const gone = new Promise<void>((resolve) => {
    const end = (reason: string): void => {
      if (!stopping) events.ended(reason);
      stopping = true;
      resolve();
    };
    child.on('error', (error) => end(error.message));
    child.on('close', (code, signal) => end(`${program} ended with ${signal ?? `exit code ${code}`}`));
  });
  if (events.said !== undefined) child.stdout?.setEncoding('utf8').on('data', events.said);
  child.stderr?.on('data', (chunk: Buffer) => events.complained(chunk.toString('utf8').trim()));
  // EPIPE when it is gone; `ended` tells.
  child.stdin?.on('error', () => undefined);
  return {
    tell(lines) {
      if (child.stdin?.destroyed === false) child.stdin.write(`${lines.join('\n')}\n`);
    },
    async stop() {
      stopping = true;
      child.stdin?.end();
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await gone;
      clearTimeout(late);
    },
  };
};
