/**
 * `node flowServerProgram.ts PORTS ADDRESSES`: TCP on these ports of every address, UDP on these ports of each of
 * these addresses. Whoever asks is told `ASKED ASKER`, two addresses with their ports; both lists comma separated.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const [ports = '', addresses = ''] = process.argv.slice(2);

await Promise.all(
  ports
    .split(',')
    .flatMap((port) => [tcp(Number(port)), ...addresses.split(',').map((at) => udp(at, Number(port)))]),
);
process.stdout.write('listening\n');
// The test that started us is gone, however it ended.
process.stdin.on('end', () => process.exit(0)).resume();

async function tcp(port: number): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    const asked = text(socket.localAddress, socket.localPort);
    socket.end(`${asked} ${text(socket.remoteAddress, socket.remotePort)}`);
  });
  server.listen(port, '::');
  await once(server, 'listening');
}

async function udp(address: string, port: number): Promise<void> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (_, from) => {
    socket.send(`${text(address, port)} ${text(from.address, from.port)}`, from.port, from.address);
  });
  socket.bind(port, address);
  await once(socket, 'listening');
}

/** Dual-stack sockets show an IPv4 address as a mapped one. */
function text(address = '', port = 0): string {
  const plain = address.replace(/^::ffff:/, '');
  return plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`;
}
