/**
 * How long a server on loopback holds queries, by the kernel's own clock: from the moment that a query is at the server's
 * socket to the one that its reply is at the client's. How long the client then waits for a processor is not in it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

export interface Holding {
  readonly averageUs: number;
  readonly p99Us: number;
  readonly mostMs: number;
  readonly replies: number;
}

/** Watches a port until the function that it gives is called. `undefined` where tcpdump is not there or may not. */
export async function watchHolding(
  port: number,
  file: string,
): Promise<(() => Promise<Holding>) | undefined> {
  if (spawnSync('sh', ['-c', 'command -v tcpdump']).status !== 0) return undefined;
  const what = ['-i', 'lo', '-n', '-B', '16384', '--time-stamp-precision=nano', '-w', file];
  const argv = [...what, '-Z', 'root', `udp port ${port}`];
  // A session of its own, as below in `dnsperf.ts`.
  const child = spawn('tcpdump', argv, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  const closed = once(child, 'close');
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  while (!said.includes('listening on')) {
    const ended = await Promise.race([closed.then(() => true), once(child.stderr, 'data').then(() => false)]);
    if (ended) return undefined;
  }
  return async () => {
    child.kill('SIGINT');
    await closed;
    return holdingOf(readFileSync(file), port);
  };
}

/** Of Ethernet, IPv4 without options, UDP. */
const HEADERS = { ip: 14, udp: 34, message: 42 } as const;
/** An answer of one IPv4 address is so many octets longer than its query without EDNS. */
const RECORD = 16;

interface Asked {
  readonly at: number;
  readonly length: number;
}

/** Queries are told apart by client port and id, both of which come back in the reply. */
function holdingOf(capture: Buffer, port: number): Holding {
  const asked = new Map<number, Asked>();
  const held: number[] = [];
  for (let at = 24; at + 16 <= capture.length; at += 16 + capture.readUInt32LE(at + 8)) {
    const packet = capture.subarray(at + 16, at + 16 + capture.readUInt32LE(at + 8));
    const time = 1e6 * capture.readUInt32LE(at) + capture.readUInt32LE(at + 4) / 1000;
    const [from, to] = [packet.readUInt16BE(HEADERS.udp), packet.readUInt16BE(HEADERS.udp + 2)];
    const messages = packet.subarray(HEADERS.message, HEADERS.ip + packet.readUInt16BE(HEADERS.ip + 2));
    if (to === port) {
      asked.set((from << 16) | messages.readUInt16BE(0), { at: time, length: messages.length });
      continue;
    }
    // Several replies in one packet: the kernel parts them behind the place where they are seen here.
    for (let start = 0; start + 12 <= messages.length; ) {
      const key = (to << 16) | messages.readUInt16BE(start);
      const query = asked.get(key);
      if (query === undefined) break;
      asked.delete(key);
      held.push(time - query.at);
      start += query.length + RECORD;
    }
  }
  held.sort((a, b) => a - b);
  return {
    averageUs: held.reduce((sum, time) => sum + time, 0) / held.length,
    p99Us: held[Math.floor(held.length * 0.99)] ?? Number.NaN,
    mostMs: (held.at(-1) ?? Number.NaN) / 1000,
    replies: held.length,
  };
}
