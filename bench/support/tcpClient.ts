/**
 * Loads a TCP port. Reads lines `KIND PORT NUMBER` and answers each with a line of JSON: `flood` and `reply` for so many
 * milliseconds (octets a second, connections a second), `echo` so many times (microseconds, sorted), `hold` opens so many
 * connections and keeps them.
 */
import { createInterface } from 'node:readline';
import { closeSocket, connectTo, dieWithParent, discard, receive, sendAll, socketAddress } from './libc.ts';

const REQUEST = Buffer.alloc(100, 'x');
const buffer = Buffer.alloc(64 << 10);

dieWithParent();
for await (const line of createInterface({ input: process.stdin })) {
  const [kind, port, number] = line.split(' ');
  const to = socketAddress('127.0.0.1', Number(port));
  process.stdout.write(`${JSON.stringify(run(kind ?? '', to, Number(number)))}\n`);
}

function run(kind: string, to: Buffer, number: number): unknown {
  switch (kind) {
    case 'flood':
      return flood(to, number);
    case 'reply':
      return reply(to, number);
    case 'echo':
      return echo(to, number);
    default:
      for (let i = 0; i < number; i++) connectTo(to);
      return number;
  }
}

function flood(to: Buffer, ms: number): number {
  const fd = connectTo(to);
  const started = performance.now();
  let octets = 0;
  while (performance.now() - started < ms) octets += discard(fd, 4 << 20);
  closeSocket(fd);
  return (1000 * octets) / (performance.now() - started);
}

function reply(to: Buffer, ms: number): number {
  const started = performance.now();
  let made = 0;
  while (performance.now() - started < ms) {
    const fd = connectTo(to);
    if (!sendAll(fd, REQUEST) || receive(fd, buffer) <= 0 || receive(fd, buffer) !== 0)
      throw new Error('no reply');
    closeSocket(fd);
    made++;
  }
  return (1000 * made) / (performance.now() - started);
}

function echo(to: Buffer, times: number): readonly number[] {
  const fd = connectTo(to);
  const took = Array.from({ length: times }, () => {
    const started = performance.now();
    sendAll(fd, REQUEST);
    receive(fd, buffer);
    return 1000 * (performance.now() - started);
  });
  closeSocket(fd);
  return took.sort((a, b) => a - b);
}
