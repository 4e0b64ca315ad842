/** Relays to test: every way to carry passes the same tests. */
import { dgramIo } from '../../../../src/host/udp/dgramUdp.ts';
import { Budget } from '../../../../src/proxy/userspace/budget.ts';
import { createRelay, type RelayHost } from '../../../../src/proxy/userspace/splice/createRelay.ts';
import { createNodeRelay } from '../../../../src/proxy/userspace/nodeRelay.ts';
import type {
  Relay,
  RelayEndpoint,
  RelayListener,
  RelayTargets,
} from '../../../../src/proxy/userspace/relay.ts';
import { systemClock } from '../../../../src/host/clock.ts';
import { FakeLog } from '../../../fake/log.ts';
import { freePort } from './clients.ts';

export interface RelayOptions {
  readonly limit?: number;
  readonly udpIdleMs?: number;
  readonly log?: FakeLog;
}

export interface Engine {
  readonly name: string;
  make(options?: RelayOptions): Relay;
}

const node: Engine = { name: 'node', make: (options) => createNodeRelay(hostOf(options)) };

const spliced: Engine = {
  name: 'thread',
  make: (options) => createRelay(hostOf(options), { file: RELAY_THREAD }),
};

export const ENGINES: readonly Engine[] = [node, spliced];

/** The relay's program, which tries endpoints in the order of their list. */
export const RELAY_THREAD: URL = new URL('./relayThread.ts', import.meta.url);

export function hostOf({
  limit = 10_000,
  udpIdleMs = 60_000,
  log = new FakeLog(),
}: RelayOptions = {}): RelayHost {
  return {
    random: () => 0.999_999,
    now: () => systemClock.monotonic(),
    clock: systemClock,
    budget: new Budget({ limit, clock: systemClock, log }),
    udp: dgramIo,
    udpIdleMs,
    log,
  };
}

export function targets(endpoints: readonly RelayEndpoint[], more: Partial<RelayTargets> = {}): RelayTargets {
  // They go to another thread, and functions cannot.
  const plain = endpoints.map(({ address, port, text }) => ({ address, port, text }));
  return { name: 'shop/web:http', endpoints: plain, affinitySeconds: 0, proxyProtocol: false, ...more };
}

export interface TestRelay extends AsyncDisposable {
  readonly relay: Relay;
  readonly listener: RelayListener;
  readonly port: number;
}

export interface StartOptions extends RelayOptions, Partial<RelayTargets> {
  readonly protocol?: 'TCP' | 'UDP';
  readonly address?: string;
}

export async function startRelay(
  engine: Engine,
  endpoints: readonly RelayEndpoint[],
  { protocol = 'TCP', address = '127.0.0.1', limit, udpIdleMs, log, ...more }: StartOptions = {},
): Promise<TestRelay> {
  const relay = engine.make({
    ...(limit === undefined ? {} : { limit }),
    ...(udpIdleMs === undefined ? {} : { udpIdleMs }),
    ...(log === undefined ? {} : { log }),
  });
  const port = await freePort(address);
  const listener = await relay.listen({ protocol, address, port }, targets(endpoints, more));
  return { relay, listener, port, [Symbol.asyncDispose]: () => relay.close() };
}
