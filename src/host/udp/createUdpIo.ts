/** Chooses the way to do UDP: in batches where this machine can, else by node:dgram. */
import { batchedIo } from './batchedUdp.ts';
import { dgramIo } from './dgramUdp.ts';
import { loadMmsg, type Mmsg } from './mmsg.ts';
import type { UdpIo } from './udpIo.ts';

export interface UdpIoOptions {
  /** `batched` rejects a bind where it cannot be had; `auto` falls back, and says so once. */
  readonly prefer: 'auto' | 'dgram' | 'batched';
  readonly log: { info(fields: object, message: string): void };
  readonly load?: () => Promise<Mmsg>;
}

const SELF_TEST_MS = 5_000;
/** The first few wake us; those behind them are read in batches. */
const SELF_TEST_PACKETS = 32;

/** Nothing is loaded or tried before the first bind. */
export function createUdpIo({ prefer, log, load = loadMmsg }: UdpIoOptions): UdpIo {
  if (prefer === 'dgram') return dgramIo;
  let batched: Promise<UdpIo> | undefined;
  const open = (): Promise<UdpIo> => (prefer === 'batched' ? openBatched(load) : openAny(load, log));
  return {
    bind: async (address, port, receive) => {
      batched ??= open();
      return (await batched).bind(address, port, receive);
    },
  };
}

async function openAny(load: () => Promise<Mmsg>, log: UdpIoOptions['log']): Promise<UdpIo> {
  try {
    return await openBatched(load);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.info({ reason }, 'udp: packets are read one by one, which takes twice the processor time');
    return dgramIo;
  }
}

async function openBatched(load: () => Promise<Mmsg>): Promise<UdpIo> {
  const mmsg = await load();
  let batched = 0;
  const watched: Mmsg = {
    ...mmsg,
    recvmmsg: (...args) => {
      const count = mmsg.recvmmsg(...args);
      batched += Math.max(count, 0);
      return count;
    },
  };
  // However long the process is held up between two of them: these are one burst.
  await checkLoopback(batchedIo(watched, Number.POSITIVE_INFINITY));
  // Packets that wake us come by another way than the rest of a burst, even where recvmmsg is forbidden.
  if (batched === 0) throw new Error('recvmmsg brings nothing');
  return batchedIo(mmsg);
}

/**
 * A burst there and back over loopback. A wrong guess about the system's structures must show here, not at the
 * first query.
 */
async function checkLoopback(io: UdpIo): Promise<void> {
  const packets = Array.from({ length: SELF_TEST_PACKETS }, (_, i) => `packet ${i}`);
  const echo = await io.bind('127.0.0.1', 0, (packet, from, socket) => socket.send(packet, from));
  const came: string[] = [];
  const done = Promise.withResolvers<void>();
  const asking = await io.bind('127.0.0.1', 0, (packet, from) => {
    if (from.address === '127.0.0.1' && from.port === echo.port) came.push(Buffer.from(packet).toString());
    if (came.length === packets.length) done.resolve();
  });
  const timer = setTimeout(() => done.resolve(), SELF_TEST_MS);
  for (const packet of packets) asking.send(Buffer.from(packet), { address: '127.0.0.1', port: echo.port });
  await done.promise;
  clearTimeout(timer);
  await Promise.all([echo.close(), asking.close()]);
  if (came.join() !== packets.join())
    throw new Error('packets sent over loopback in batches did not come back');
}
