/**
 * The program that looks: carries out each look that it reads from its input, and ends with it. It is a process of its
 * own because starting a program from the agent's costs more the more memory that has; and no shell, because the
 * container image has none.
 */
import { systemExec } from '../exec.ts';
import { LineReader } from '../lineReader.ts';
import { END, lookOf } from './look.ts';

/** Looks come one at a time: the next is asked for after the last was answered. */
let last: Promise<void> = Promise.resolve();

const told = new LineReader((line) => {
  last = last.then(() => carryOut(line));
});
process.stdin.setEncoding('utf8').on('data', (piece: string) => told.push(piece));
// Nobody is there any more to read it.
process.stdout.on('error', () => process.exit(0));

async function carryOut(line: string): Promise<void> {
  const { commands, lines } = lookOf(line);
  const wanted = new RegExp(lines);
  for (const argv of commands) {
    const shown: string[] = [];
    const reader = new LineReader((one) => void (wanted.test(one) && shown.push(one)));
    // oxlint-disable-next-line no-await-in-loop -- legacy programs wait for one lock, and gain nothing side by side
    await systemExec.run(argv, { onStdout: (piece) => reader.push(piece) });
    for (const one of shown) process.stdout.write(`${one}\n`);
  }
  process.stdout.write(`${END}\n`);
}
