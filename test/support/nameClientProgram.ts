/**
 * `node nameClientProgram.ts connect SERVER`: for each name on its standard input, asks the server until the name has
 * an address, and connects to port 80 there at once. Says `absent NAME` after the first denial, then `NAME connected`
 * or `NAME` and what went wrong.
 *
 * `node nameClientProgram.ts hold SERVER…`: connects to each server by TCP and says `connected`; asks for the names on its
 * standard input, the first by the first connection and so on, and says the address that it is told.
 *
 * `node nameClientProgram.ts loop PAUSE NAME SERVER…`: asks each server for NAME, by UDP and by TCP, one query after the
 * other, PAUSE milliseconds between, and every one from a socket of its own. Says `asking` after a first round. For each
 * `tell` on its standard input it says, as JSON, the queries since the last one: `[way, milliseconds since the epoch when
 * asked, what went wrong or ""]`; for `end` too, once those under way are done, and ends.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { decode, encode } from 'dns-packet';
import { messageOf } from '../../src/errors/caught.ts';

/** Longer than any machine is busy: only what is lost takes so long. */
const TIMEOUT_MS = 5000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const reason = (error: unknown): string => messageOf(error);

function queryFor(name: string): Buffer {
  const id = Math.floor(Math.random() * 0x1_0000);
  return encode({ type: 'query', id, flags: 0x0100, questions: [{ type: 'A', name }] });
}

async function byUdp(server: string, query: Buffer): Promise<Buffer> {
  const socket = createSocket(server.includes(':') ? 'udp6' : 'udp4');
  try {
    // Connected: only what this very address and port sends is taken, and an ICMP error is told.
    socket.connect(53, server);
    await once(socket, 'connect');
    const reply = once(socket, 'message', { signal: AbortSignal.timeout(TIMEOUT_MS) });
    socket.send(query);
    const [message] = (await reply) as [Buffer];
    return message;
  } finally {
    socket.close();
  }
}

function byTcp(server: string, query: Buffer): Promise<Buffer> {
  return exchange(connect({ host: server, port: 53, signal: AbortSignal.timeout(TIMEOUT_MS) }), query);
}

async function exchange(socket: Socket, query: Buffer): Promise<Buffer> {
  try {
    socket.write(Buffer.concat([Buffer.from([query.length >> 8, query.length & 0xff]), query]));
    const chunks: Buffer[] = [];
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      const all = Buffer.concat([...chunks.splice(0), chunk]);
      chunks.push(all);
      if (all.length >= 2 && all.length >= 2 + all.readUInt16BE(0)) return all.subarray(2);
    }
    throw new Error('closed without a reply');
  } finally {
    socket.destroy();
  }
}

function addressIn(reply: Buffer, query: Buffer): string | undefined {
  const message = decode(reply);
  if (message.id !== query.readUInt16BE(0)) throw new Error('reply with another id');
  const [record] = message.answers;
  return record?.type === 'A' ? String(record.data) : undefined;
}

async function connectTo(server: string): Promise<void> {
  for await (const name of createInterface(process.stdin)) {
    let address: string | undefined;
    let told = false;
    while (address === undefined) {
      const query = queryFor(name);
      address = addressIn(await byUdp(server, query), query);
      if (address === undefined && !told) say(`absent ${name}`);
      told = true;
    }
    const socket = connect({ host: address, port: 80, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const outcome = await once(socket, 'connect').then(() => 'connected', reason);
    socket.destroy();
    say(`${name} ${outcome}`);
  }
}

async function hold(servers: readonly string[]): Promise<void> {
  const sockets = servers.map((host) => connect({ host, port: 53 }));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  say('connected');
  for await (const name of createInterface(process.stdin)) {
    const socket = sockets.shift();
    if (socket === undefined) break;
    const query = queryFor(name);
    say(await exchange(socket, query).then((reply) => addressIn(reply, query) ?? 'no address', reason));
  }
}

async function loop(pauseMs: number, name: string, servers: readonly string[]): Promise<void> {
  const asked: [way: string, at: number, wrong: string][] = [];
  const ending = new AbortController();
  const ways = servers.flatMap((server) => [
    { way: `udp ${server}`, server, ask: byUdp },
    { way: `tcp ${server}`, server, ask: byTcp },
  ]);
  const askOn = async ({ way, server, ask }: (typeof ways)[number]): Promise<void> => {
    const at = Date.now();
    const query = queryFor(name);
    const wrong = await ask(server, query).then(
      (reply) => (addressIn(reply, query) === undefined ? 'no address' : ''),
      reason,
    );
    asked.push([way, at, wrong]);
  };
  await Promise.all(ways.map(askOn));
  say('asking');
  const loops = ways.map(async (way) => {
    while (!ending.signal.aborted) {
      await askOn(way);
      await sleep(pauseMs);
    }
  });
  for await (const line of createInterface(process.stdin)) {
    if (line === 'end') break;
    say(JSON.stringify(asked.splice(0)));
  }
  ending.abort();
  await Promise.all(loops);
  process.stdout.write(`${JSON.stringify(asked)}\n`, () => process.exit(0));
}

const [mode = '', first = '', second = '', ...more] = process.argv.slice(2);
if (mode === 'connect') await connectTo(first);
else if (mode === 'hold') await hold([first, second, ...more]);
else await loop(Number(first), second, more);
