/** Puts the forwarder together. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { ForwardQuery } from '../cache/query.ts';
import { ReplyCache } from '../cache/replyCache.ts';
import { Asker } from './asker.ts';
import { attempt, type Transports } from './attempt.ts';
import { CachingForwarder } from './cachingForwarder.ts';
import type { FetchOptions } from './fetch.ts';
import { tcpTransport } from './transport/tcpTransport.ts';
import { tlsTransport } from './transport/tlsTransport.ts';
import { udpTransport } from './transport/udpTransport.ts';
import type { Random } from './transport/upstreamQuery.ts';
import { HealthCheck } from './upstreams/health.ts';
import { LoopCheck } from './upstreams/loopCheck.ts';
import { rootQuery } from './upstreams/probeQuery.ts';
import { Servers } from './upstreams/servers.ts';
import type { SourceHost } from './upstreams/sources.ts';
import type { Upstream } from './upstreams/upstream.ts';

export interface ForwarderOptions {
  readonly host: SourceHost;
  readonly clock: Clock;
  readonly log: Log;
  /** Told when the problems in its state have changed. */
  readonly onProblems?: () => void;
  /** Unguessable octets; the system's by default. */
  readonly random?: Random;
  /** Asks with random capitals, which a forger has to guess too. */
  readonly mixCase?: boolean;
  /** Sockets by default. */
  readonly transports?: Transports;
}

const PROBE_TIMEOUT_MS = 1000;

/** Refuses every name until it is configured. */
export function createForwarder(options: ForwarderOptions): CachingForwarder {
  const { host, clock, log, onProblems = () => undefined, random = randomBytes, mixCase = true } = options;
  const closing = new AbortController();
  const transports = options.transports ?? {
    udp: udpTransport(clock),
    tcp: tcpTransport(clock),
    tls: tlsTransport(clock),
  };
  const tries = { random, mixCase, clock, signal: closing.signal };
  const askOnce = async (upstream: Upstream, query: ForwardQuery): Promise<Uint8Array | undefined> => {
    const deadline = clock.monotonic() + PROBE_TIMEOUT_MS;
    const result = await attempt(transports, upstream, query, { ...tries, forceTcp: false, deadline });
    return result.kind === 'reply' ? result.message : undefined;
  };
  const probe = async (upstream: Upstream): Promise<boolean> =>
    (await askOnce(upstream, rootQuery())) !== undefined;
  const health = new HealthCheck(probe, clock, log);
  const loops = new LoopCheck(random, askOnce, clock, onProblems);
  const onGone = (upstream: Upstream): void => {
    health.forget(upstream);
    loops.forget(upstream);
  };
  const fetch: FetchOptions = {
    ...tries,
    log,
    transports,
    onFailure: (...failure) => health.failed(...failure),
  };
  const cache = new ReplyCache(clock, 0);
  const servers = new Servers({ host, clock, log, onGone, onProblems });
  const asker = new Asker({ random, cache, loops, fetch });
  return new CachingForwarder({ clock, cache, servers, asker, health, loops, closing });
}
