/** Exchanges by UDP, each from a socket of its own. */
import { createSocket } from 'node:dgram';
import type { Clock } from '../../../host/clock.ts';
import { familyOf } from '../../../net/ip.ts';
import type { Exchanged, ExchangeRequest, Transport } from './transport.ts';

/** So many wrong replies to one query are no accident: somebody is guessing IDs (RFC 5452 section 9.3). */
const MAX_STRAYS = 20;

/**
 * A new socket a query gives each a random source port, the better part of what a forger has to guess (RFC 5452
 * section 4.5). Connected, so that the kernel drops what other addresses send and reports a closed port at once.
 */
export function udpTransport(clock: Clock): Transport {
  return { exchange: (request) => exchange(clock, request) };
}

function exchange(clock: Clock, request: ExchangeRequest): Promise<Exchanged> {
  return new Promise((resolve) => {
    const { server, signal } = request;
    const socket = createSocket(familyOf(server.address) === 'IPv4' ? 'udp4' : 'udp6');
    request.onSocket?.(false);
    let finished = false;
    let strays = 0;
    const finish = (outcome: Exchanged): void => {
      if (finished) return;
      finished = true;
      timer.cancel();
      signal.removeEventListener('abort', abort);
      socket.close();
      resolve(outcome);
    };
    const abort = (): void => finish({ kind: 'none', reason: 'closed' });
    const timer = clock.after(request.timeoutMs, () => finish({ kind: 'none', reason: 'no reply in time' }));
    signal.addEventListener('abort', abort);
    socket.on('error', (error) => finish({ kind: 'none', reason: error.message }));
    socket.on('message', (message) => {
      switch (request.judge(message)) {
        case 'answer':
          return finish({ kind: 'reply', message });
        case 'otherCase':
          return finish({ kind: 'doubtful' });
        case 'stray':
          strays += 1;
          if (strays >= MAX_STRAYS) finish({ kind: 'doubtful' });
          return undefined;
      }
    });
    if (signal.aborted) return abort();
    socket.connect(server.port, server.address, () => {
      if (finished) return;
      socket.send(request.message, (error) => {
        if (error !== null) finish({ kind: 'none', reason: error.message });
      });
    });
    return undefined;
  });
}
