/** `node rowProgram.ts`: a pod that tries one thing out with a peer, a RowRequest a line, and tells what it met. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { converse, exchangeTcp } from './exchange.ts';

const [TCP, UDP] = [7000, 7001];

export type Row =
  | 'echo'
  | 'half-close'
  | 'slow-reader'
  | 'slow-writer'
  | 'reset-by-endpoint'
  | 'reset-by-client'
  | 'thousand'
  | 'datagrams';

export interface RowRequest {
  readonly row: Row;
  readonly host: string;
}

export interface RowReply {
  readonly met: string;
}

const ROWS: Readonly<Record<Row, (host: string) => Promise<string>>> = {
  echo: (host: string): Promise<string> => exchange(host, 100_000),
  'half-close': (host: string): Promise<string> => exchange(host, 1),
  'slow-reader': slowReader,
  'slow-writer': slowWriter,
  'reset-by-endpoint': resetByEndpoint,
  'reset-by-client': resetByClient,
  thousand,
  datagrams,
};

for await (const line of createInterface(process.stdin)) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const { row, host } = JSON.parse(line) as RowRequest;
  const reply: RowReply = { met: await ROWS[row](host) };
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
process.exit(0);

async function exchange(host: string, octets: number): Promise<string> {
  const problem = await exchangeTcp({ protocol: 'tcp', host, port: TCP }, octets);
  return problem === '' ? 'all came back' : problem.replace(/^\w+ (E\w+).*/, '$1');
}

/** All that comes until the other side ends; `, then CODE` where it did not end well. */
function read(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let code = '';
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      code = `, then ${error.code ?? error.message}`;
    });
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(`${Buffer.concat(chunks).toString('latin1')}${code}`));
  });
}

function open(host: string): Socket {
  return connect({ host, port: TCP, allowHalfOpen: true, noDelay: true });
}

/** Eight megabytes go in as fast as the peer takes them; none may be kept back or lost. */
async function slowReader(host: string): Promise<string> {
  const socket = open(host);
  const told = read(socket);
  socket.write('slow-reader\n');
  await sleep(50);
  socket.end(Buffer.alloc(8 << 20));
  return `${await told} octets`;
}

async function slowWriter(host: string): Promise<string> {
  const socket = open(host);
  const told = read(socket);
  socket.write('slow-writer\n');
  const pieces = [...(await told).matchAll(/piece (\d+)\n/g)].map(([, n]) => Number(n));
  socket.end();
  return pieces.every((n, i) => n === i) ? `${pieces.length} pieces` : pieces.join();
}

async function resetByEndpoint(host: string): Promise<string> {
  const socket = open(host);
  const told = read(socket);
  socket.write('reset\n');
  return told;
}

async function resetByClient(host: string): Promise<string> {
  const socket = open(host);
  socket.write('tell\n');
  await new Promise((resolve) => {
    socket.once('data', resolve);
  });
  socket.resetAndDestroy();
  for (;;) {
    const asking = open(host);
    const told = read(asking);
    asking.write('last-end\n');
    const end = await told;
    asking.destroy();
    if (end !== 'open') return `the endpoint saw ${end}`;
    await sleep(20);
  }
}

/** All at once, each with content of its own. */
async function thousand(host: string): Promise<string> {
  const all = Array.from({ length: 1_000 }, () =>
    exchangeTcp({ protocol: 'tcp', host, port: TCP }, 3_000 + Math.floor(Math.random() * 3_000)),
  );
  const problems = (await Promise.all(all)).filter((problem) => problem !== '');
  return problems.length === 0 ? '1000 came back' : `${problems.length} failed: ${problems[0]}`;
}

async function datagrams(host: string): Promise<string> {
  const sizes = [1, 512, 1_472, 9_000, 65_000];
  const socket: UdpSocket = createSocket({
    type: host.includes(':') ? 'udp6' : 'udp4',
    recvBufferSize: 1 << 20,
    sendBufferSize: 1 << 20,
  });
  const came: number[] = [];
  for (const size of sizes) {
    const { problem } = await converse(socket, { host, port: UDP }, size);
    if (problem === '') came.push(size);
  }
  socket.close();
  return `${came.slice(0, -1).join(', ')} and ${came.at(-1)} octets came back`;
}
