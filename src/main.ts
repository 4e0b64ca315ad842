#!/usr/bin/env -S node --max-semi-space-size=2 --heap-growing-percent=30
import type { CommandIo } from './commands/line/command.ts';
import { type CommandTable, dispatch } from './commands/line/dispatch.ts';

const COMMANDS: CommandTable = {
  run: () => import('./commands/run.ts'),
  render: () => import('./commands/render.ts'),
  preflight: () => import('./commands/preflight.ts'),
  config: () => import('./commands/config.ts'),
  status: () => import('./commands/status.ts'),
  explain: () => import('./commands/explain.ts'),
  mode: () => import('./commands/mode.ts'),
  resolve: () => import('./commands/resolve.ts'),
  cleanup: () => import('./commands/cleanup.ts'),
  playground: () => import('./commands/playground.ts'),
};

// `fairlead render | head`: the reader had enough, which is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const io: CommandIo = {
  stdout: (text) => process.stdout.write(`${text}\n`),
  stderr: (text) => process.stderr.write(`${text}\n`),
  env: process.env,
  // Taken over only when a command reads it: the others end at once on Ctrl-C, as programs do.
  get signal() {
    return stopSignal();
  },
  onHangUp: (listener) => process.on('SIGHUP', listener),
};

// No top-level await: the bundle is CommonJS.
// Timers of the agent's clock keep no process alive, and a command may have nothing else to wait for.
const keepAlive = setInterval(() => undefined, 60_000);
void dispatch(COMMANDS, process.argv.slice(2), io).then((code) => {
  clearInterval(keepAlive);
  process.exitCode = code;
});

function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    process.on(signal, () => {
      // Somebody who asks twice is done waiting; 128 + number is the shell's own code for it.
      if (stopping.signal.aborted) process.exit(code);
      stopping.abort();
    });
  }
  return stopping.signal;
}
