/** A TCP connection to an endpoint, or a reason why there is none, within bounded time. */
import { connect, type Socket } from 'node:net';
import type { Clock } from '../../../host/clock.ts';
import type { RelayEndpoint } from '../relay.ts';

/** Rejects with the system's error, or one that says how long was waited. The socket is paused. */
export function dial({ address, port }: RelayEndpoint, timeoutMs: number, clock: Clock): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const family = address.includes(':') ? 6 : 4;
    const socket = connect({ host: address, port, family, allowHalfOpen: true, noDelay: true });
    const timer = clock.after(timeoutMs, () => {
      socket.destroy(new Error(`no answer within ${timeoutMs} ms`));
    });
    socket.once('error', (error) => {
      timer.cancel();
      reject(error);
    });
    socket.once('connect', () => {
      timer.cancel();
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}
