/** Trying a TCP connection from this machine. */
import { connect } from 'node:net';
import { codeOf } from '../../errors/caught.ts';

/** `refused`: nobody listens, or a relay has nobody behind it. `unreachable`: the network itself says no. */
export type Reach = 'connected' | 'refused' | 'timeout' | 'unreachable';

/** A connection that is refused behind a relay is reset just after it was taken. */
const STAYS_MS = 50;

/** Whether a TCP connection is taken, and not reset at once. */
export async function canReach(address: string, port: number, timeoutMs: number): Promise<boolean> {
  return (await reach(address, port, timeoutMs)) === 'connected';
}

/** What becomes of a TCP connection, and of its first moment. `onTaken` is called when it is taken. */
export function reach(
  address: string,
  port: number,
  timeoutMs: number,
  onTaken: () => void = () => undefined,
): Promise<Reach> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (result: Reach): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    let timer = setTimeout(() => end('timeout'), timeoutMs);
    socket.on('error', (error) => end(reachOf(codeOf(error))));
    socket.on('connect', () => {
      onTaken();
      clearTimeout(timer);
      timer = setTimeout(() => end('connected'), STAYS_MS);
    });
  });
}

function reachOf(code: string | undefined): Reach {
  switch (code ?? '') {
    case 'ECONNREFUSED':
    case 'ECONNRESET':
    case 'EPIPE':
      return 'refused';
    case 'ETIMEDOUT':
      return 'timeout';
    default:
      return 'unreachable';
  }
}
