/** Exchanges by TCP, a connection each: for replies that UDP cannot carry, or should not be trusted with. */
import { connect } from 'node:net';
import type { Clock } from '../../host/clock.ts';
import { putU16, u16 } from '../wire/layout.ts';
import type { Exchanged, ExchangeRequest, Transport } from './transport.ts';

export function tcpTransport(clock: Clock): Transport {
  return { exchange: (request) => exchange(clock, request) };
}

function exchange(clock: Clock, request: ExchangeRequest): Promise<Exchanged> {
  return new Promise((resolve) => {
    const { server, signal, message } = request;
    if (signal.aborted) return resolve({ kind: 'none', reason: 'closed' });
    const socket = connect({ host: server.address, port: server.port, noDelay: true });
    let received = new Uint8Array(0);
    const finish = (outcome: Exchanged): void => {
      timer.cancel();
      signal.removeEventListener('abort', abort);
      socket.destroy();
      resolve(outcome);
    };
    const abort = (): void => finish({ kind: 'none', reason: 'closed' });
    const timer = clock.after(request.timeoutMs, () =>
      finish({ kind: 'none', reason: 'no reply in time (TCP)' }),
    );
    signal.addEventListener('abort', abort);
    socket.on('error', (error) => finish({ kind: 'none', reason: error.message }));
    socket.on('close', () => finish({ kind: 'none', reason: 'connection closed without a reply' }));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const whole = received.length >= 2 && received.length >= 2 + u16(received, 0);
      if (!whole) return;
      const reply = received.subarray(2, 2 + u16(received, 0));
      const wrong = { kind: 'none', reason: 'the reply does not match the query (TCP)' } as const;
      // Over TCP nobody can forge, so a server that does not keep the case of letters is believed.
      finish(request.judge(reply) === 'stray' ? wrong : { kind: 'reply', message: reply });
    });
    const framed = new Uint8Array(2 + message.length);
    putU16(framed, 0, message.length);
    framed.set(message, 2);
    socket.write(framed);
    return undefined;
  });
}
