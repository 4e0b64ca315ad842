import { connect } from 'node:net';

/** A connection that is refused behind a relay is reset just after it was taken. */
const STAYS_MS = 50;

/** Whether a TCP connection from this machine is taken, and not reset at once. */
export function canReach(address: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (reached: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reached);
    };
    let timer = setTimeout(() => end(false), timeoutMs);
    socket.on('error', () => end(false));
    socket.on('connect', () => {
      clearTimeout(timer);
      timer = setTimeout(() => end(true), STAYS_MS);
    });
  });
}
