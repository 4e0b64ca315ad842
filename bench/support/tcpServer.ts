/**
 * Serves TCP until it is killed, one connection after the other: `tcpServer.ts KIND PORT`. `flood` sends without end,
 * `reply` answers each request and closes, `echo` sends back what comes, `hold` takes connections and keeps them.
 * Prints a line once it listens.
 */
import { acceptNext, closeSocket, dieWithParent, listenOn, receive, sendAll } from './libc.ts';

const CHUNK = Buffer.alloc(1 << 20, 'x');
const REPLY = Buffer.alloc(200, 'x');

dieWithParent();
const [kind = '', port] = process.argv.slice(2);
const listener = listenOn(Number(port));
const buffer = Buffer.alloc(64 << 10);
process.stdout.write('listening\n');
for (;;) serve(acceptNext(listener));

function serve(fd: number): void {
  switch (kind) {
    case 'hold':
      return;
    case 'reply':
      if (receive(fd, buffer) > 0) sendAll(fd, REPLY);
      break;
    case 'flood':
      while (sendAll(fd, CHUNK));
      break;
    default:
      for (let count = receive(fd, buffer); count > 0; count = receive(fd, buffer)) {
        sendAll(fd, buffer.subarray(0, count));
      }
  }
  closeSocket(fd);
}
