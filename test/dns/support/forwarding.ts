/** Settings of forwarding, and forwarders, for tests. */
import { CacheCounts } from '../../../src/dns/cache/counts.ts';
import { createForwarder } from '../../../src/dns/forward/createForwarder.ts';
import type { Forwarded, Forwarder, ForwarderState } from '../../../src/dns/forward/forwarder.ts';
import type { Transport } from '../../../src/dns/forward/transport/transport.ts';
import type { SourceHost } from '../../../src/dns/forward/upstreams/sources.ts';
import type {
  CacheSettings,
  ForwardSettings,
  ForwardZone,
  UpstreamSource,
} from '../../../src/dns/settings.ts';
import { fitReply } from '../../../src/dns/wire/fit.ts';
import type { Clock } from '../../../src/host/clock.ts';

export const CACHE_SETTINGS: CacheSettings = {
  success: { min: 0, max: 30 },
  denial: { min: 0, max: 30 },
  servfail: 1,
  serveStale: 0,
  prefetch: 0,
};

export function zone(upstreams: readonly UpstreamSource[], options: Partial<ForwardZone> = {}): ForwardZone {
  return {
    domain: '',
    upstreams,
    except: [],
    policy: 'sequential',
    maxConcurrent: 1000,
    maxFails: 2,
    forceTcp: false,
    cache: CACHE_SETTINGS,
    ...options,
  };
}

export function forwarding(...zones: readonly ForwardZone[]): ForwardSettings {
  return { zones, cacheBytes: 1 << 20, queryLog: { classes: [], every: 1, domains: [''] } };
}

/** A machine on which nothing is found. */
export const NO_SOURCES: SourceHost = {
  readText: () => Promise.reject(new Error('no such file')),
  lookUp: () => Promise.reject(new Error('no such host')),
  own: () => [],
  local: () => Promise.resolve([]),
};

export const IDLE_FORWARDER: ForwarderState = {
  upstreams: [],
  cache: { entries: { success: 0, denial: 0 }, octets: 0, maxOctets: 0, counts: new CacheCounts() },
  rejects: 0,
  broken: 0,
  problems: [],
};

/** The real forwarder over an upstream in memory, once it is ready to be asked. */
export async function forwarderOver(
  transport: Transport,
  clock: Clock,
  cacheBytes: number,
  options: Partial<ForwardZone> = {},
): Promise<Forwarder> {
  const forwarder = createForwarder({
    host: NO_SOURCES,
    clock,
    // Lines of millions of queries would be kept otherwise.
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    transports: { udp: transport, tcp: transport, tls: transport },
  });
  const upstreams = [{ address: '192.0.2.53', port: 53 }];
  await forwarder.configure({ ...forwarding(zone(upstreams, options)), cacheBytes });
  return forwarder;
}

function quiet(): void {}

type MaybeReply = Uint8Array | undefined;

/** Answers every name with what `reply` makes of a query; `undefined` is a dead upstream. */
export function fakeForwarder(reply: (query: Uint8Array) => MaybeReply | Promise<MaybeReply>): Forwarder {
  return {
    recursive: true,
    takes: () => true,
    kept: () => undefined,
    forward: async (query) => {
      const message = await reply(query);
      // What it keeps its word by: a sound reply without OPT.
      return forwarded(message && fitReply(message, 65_535, undefined));
    },
    configure: () => Promise.resolve(),
    close: () => Promise.resolve(),
    state: () => IDLE_FORWARDER,
  };
}

function forwarded(reply: MaybeReply): Forwarded {
  return { reply, step: 'forward', upstream: '192.0.2.53:53', error: undefined };
}
