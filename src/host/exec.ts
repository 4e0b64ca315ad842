/** Running programs to their end. */
import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';

export interface Exec {
  /** Runs a program to its end. Never rejects: a program that could not start has code 127 and the reason in stderr. */
  run(argv: readonly [string, ...string[]], options?: ExecOptions): Promise<ExecResult>;
}

export interface ExecOptions {
  readonly stdin?: string;
  /** Instead of `stdin`, for input too large to hold as one text: given as fast as the program reads it. */
  readonly stdinPieces?: Iterable<string>;
  /** Kill the program after this many milliseconds; it then has code 124. */
  readonly timeoutMs?: number;
  /** Called with its process id, before it is given any input; not for a program that could not start. */
  readonly onStart?: (pid: number) => void;
  /** Takes stdout piece by piece as it comes, for output too large to hold; the result's is then empty. Must not throw. */
  readonly onStdout?: (piece: string) => void;
}

export interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const systemExec: Exec = {
  run: (argv, options = {}) =>
    new Promise((resolve) => {
      const [program, ...args] = argv;
      // LC_ALL: error texts are matched to types, and a translated one would not be recognised.
      const child = spawn(program, args, { env: { ...process.env, LC_ALL: 'C' }, stdio: 'pipe' });
      if (child.pid !== undefined) options.onStart?.(child.pid);
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      let late = false;
      const timer =
        options.timeoutMs === undefined
          ? undefined
          : setTimeout(() => {
              late = true;
              child.kill('SIGKILL');
            }, options.timeoutMs);
      const finish = (code: number, extra = ''): void => {
        clearTimeout(timer);
        resolve({ code, stdout: text(stdout), stderr: text(stderr) + extra });
      };
      if (options.onStdout === undefined) child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
      else readGently(child.stdout, options.onStdout);
      child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
      child.on('error', (error) => finish(127, `${program}: ${error.message}`));
      child.on('close', (code) => finish(late ? 124 : (code ?? 128)));
      // A program may exit without reading its input (EPIPE); its exit code tells the story.
      child.stdin.on('error', () => undefined);
      if (options.stdinPieces === undefined) child.stdin.end(options.stdin ?? '');
      else Readable.from(options.stdinPieces).pipe(child.stdin);
    }),
};

/** libuv reads up to 32 pieces of 64 KB before others get their turn, and who takes them may need 3 ms for each. */
function readGently(stream: Readable, take: (piece: string) => void): void {
  // Decoding by the stream: a character may lie across two chunks.
  stream.setEncoding('utf8').on('data', (piece: string) => {
    take(piece);
    stream.pause();
    setImmediate(() => stream.resume());
  });
}

function text(chunks: Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8');
}
