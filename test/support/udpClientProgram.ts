/**
 * `node udpClientProgram.ts PORT`: a client that keeps one UDP socket a family, bound to PORT, for all that it asks.
 * Lines of its standard input: `ask ADDRESS PORT` tells the answer or `nothing`; `flood ADDRESS PORT COUNT` asks
 * from COUNT sockets of their own until each is answered, and tells `answered`.
 */
import { createSocket, type Socket, type SocketType } from 'node:dgram';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A pod answers within a millisecond or two; a packet that nobody answers must not hold up the next. */
const PATIENCE_MS = 250;
const FIRST_FLOOD_PORT = 20_000;
const AT_ONCE = 20;

const own = Number(process.argv[2]);
const typeOf = (address: string): SocketType => (address.includes(':') ? 'udp6' : 'udp4');
const sockets = { udp4: await bound('udp4', own), udp6: await bound('udp6', own) };

async function bound(type: SocketType, port: number): Promise<Socket> {
  // Else the IPv6 socket would want the port in IPv4 too.
  const socket = createSocket({ type, ipv6Only: type === 'udp6' });
  // Refusals reach a socket as errors of the next call.
  socket.on('error', () => undefined);
  socket.bind({ port, exclusive: true });
  await once(socket, 'listening');
  return socket;
}

async function ask(socket: Socket, address: string, port: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const hear = (packet: Buffer): void => resolve(packet.toString('utf8').trim());
  const timer = setTimeout(() => resolve('nothing'), PATIENCE_MS);
  socket.once('message', hear);
  socket.send('?', port, address, () => undefined);
  const answer = await promise;
  clearTimeout(timer);
  socket.off('message', hear);
  return answer;
}

/** A few at a time, and each until it is answered: the links between namespaces drop what comes too fast. */
async function flood(address: string, port: number, count: number): Promise<string> {
  let next = FIRST_FLOOD_PORT;
  const worker = async (): Promise<void> => {
    while (next < FIRST_FLOOD_PORT + count) {
      const socket = await bound(typeOf(address), next++);
      while ((await ask(socket, address, port)) === 'nothing');
      socket.close();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return 'answered';
}

for await (const line of createInterface({ input: process.stdin })) {
  const [what, address = '', port, count] = line.split(' ');
  const answer = await (what === 'ask'
    ? ask(sockets[typeOf(address)], address, Number(port))
    : flood(address, Number(port), Number(count)));
  process.stdout.write(`${answer}\n`);
}
// The test that started us is gone, however it ended.
process.exit(0);
