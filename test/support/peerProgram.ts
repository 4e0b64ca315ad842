/**
 * `node peerProgram.ts TCP UDP`: what a pod serves to whoever tries connections out, on all addresses of both families.
 * TCP says back what comes, until the client ends its half; what begins with a word of BEHAVIOURS is met with that.
 * UDP says each datagram back.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const BEHAVIOURS: Readonly<Record<string, (socket: Socket) => void>> = {
  /** Reads in small steps, and tells how many octets there were. */
  'slow-reader': (socket) => countSlowly(socket),
  /** Sends its answer in small pieces. */
  'slow-writer': (socket) => void writeSlowly(socket),
  /** Sends something, then resets. */
  reset: (socket) => {
    socket.write('before the reset', () => socket.resetAndDestroy());
  },
  /** Tells how the client ended: `end`, or the error's code. */
  tell: (socket) => tellEnd(socket),
};

let lastEnd = 'none';

const [tcpPort = '7000', udpPort = '7001'] = process.argv.slice(2);
const tcp = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.once('data', (first: Buffer) => {
    const behaviour = BEHAVIOURS[first.toString('latin1').split('\n')[0] ?? ''];
    if (behaviour !== undefined) behaviour(socket);
    else if (first.toString('latin1') === 'last-end\n') socket.end(lastEnd);
    else {
      socket.write(first);
      socket.pipe(socket);
    }
  });
});
const udp = createSocket({ type: 'udp6', sendBufferSize: 1 << 20, recvBufferSize: 1 << 20 });
udp.on('message', (packet, from) => udp.send(packet, from.port, from.address, () => undefined));
tcp.listen({ port: Number(tcpPort), host: '::', backlog: 4096 });
udp.bind(Number(udpPort), '::');
await Promise.all([once(tcp, 'listening'), once(udp, 'listening')]);
process.stdout.write('listening\n');
// The test that started us is gone, however it ended.
process.stdin.on('end', () => process.exit(0)).resume();

function countSlowly(socket: Socket): void {
  let octets = 0;
  socket.on('data', (chunk: Buffer) => {
    octets += chunk.length;
    if (octets > 1 << 20) return;
    socket.pause();
    setTimeout(() => socket.resume(), 2);
  });
  socket.on('end', () => socket.end(String(octets)));
}

async function writeSlowly(socket: Socket): Promise<void> {
  for (let i = 0; i < 50; i++) {
    socket.write(`piece ${i}\n`);
    await sleep(2);
  }
  socket.end();
}

function tellEnd(socket: Socket): void {
  lastEnd = 'open';
  socket.write('ready');
  socket.on('error', (error: NodeJS.ErrnoException) => {
    lastEnd = error.code ?? error.message;
  });
  socket.on('end', () => {
    if (lastEnd === 'open') lastEnd = 'end';
    socket.end();
  });
}
