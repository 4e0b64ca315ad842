/** Getting one answer from the upstream servers, one after the other, before the client gives up. */
import type { Log } from '../../telemetry/log.ts';
import type { ForwardQuery } from '../cache/query.ts';
import { RCODE } from '../wire/codes.ts';
import { u16 } from '../wire/layout.ts';
import { type AttemptOptions, attempt, type Transports } from './attempt.ts';
import type { Policy } from './policy.ts';
import { orderUpstreams } from './policy.ts';
import type { Upstream } from './upstream.ts';

export interface FetchOptions extends Omit<AttemptOptions, 'deadline'> {
  readonly upstreams: readonly Upstream[];
  readonly transports: Transports;
  readonly policy: Policy;
  readonly log: Log;
  /** Queries that one server may owe us; one socket each. */
  readonly maxInFlight: number;
  /** Told of each server that failed, so that it is looked after. */
  readonly onFailure: (upstream: Upstream) => void;
}

/** glibc, musl and Go wait 5 s: SERVFAIL must be there before, or it is never read. */
const DEADLINE_MS = 4500;
/** Leaves a third try within the deadline when packets get lost. */
const TRY_MS = 1500;
const MAX_ROUNDS = 3;

/**
 * The first reply that says something about the name, else a SERVFAIL that some server gave, else `undefined`.
 * REFUSED and the like are one server's opinion of us, so the next is asked; they are never told to a client,
 * because musl ignores them and waits out its 5 s.
 */
export async function fetchReply(
  query: ForwardQuery,
  turn: number,
  options: FetchOptions,
): Promise<Uint8Array | undefined> {
  const { clock } = options;
  const deadline = clock.monotonic() + DEADLINE_MS;
  const refusedBy = new Set<Upstream>();
  let failure: Uint8Array | undefined;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    for (const upstream of orderUpstreams(options.upstreams, options.policy, turn)) {
      if (clock.monotonic() >= deadline) return failure;
      // Said no in this very query: it will say so again.
      if (refusedBy.has(upstream) || upstream.inFlight >= options.maxInFlight) continue;
      const reply = await tryOnce(upstream, query, Math.min(clock.monotonic() + TRY_MS, deadline), options);
      if (reply === undefined) continue;
      const rcode = u16(reply, 2) & 0x0f;
      if (rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN) return reply;
      if (rcode === RCODE.SERVFAIL) failure ??= reply;
      refusedBy.add(upstream);
    }
    if (options.upstreams.every((upstream) => upstream.looping || refusedBy.has(upstream))) return failure;
    if (options.signal.aborted) return undefined;
  }
  return failure;
}

async function tryOnce(
  upstream: Upstream,
  query: ForwardQuery,
  deadline: number,
  options: FetchOptions,
): Promise<Uint8Array | undefined> {
  upstream.begin();
  const result = await attempt(options.transports, upstream, query, { ...options, deadline });
  upstream.end(result.kind === 'reply');
  if (result.kind === 'reply') return result.message;
  if (!options.signal.aborted) {
    const reason = result.kind === 'none' ? result.reason : 'forged replies seen';
    options.log.debug({ upstream: upstream.name, reason }, 'upstream DNS server gave no reply');
    options.onFailure(upstream);
  }
  return undefined;
}
