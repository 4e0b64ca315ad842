/** Getting one answer from a zone's servers, one after the other, before the client gives up. */
import type { Log } from '../../telemetry/log.ts';
import type { ForwardQuery } from '../cache/query.ts';
import { RCODE, TYPE } from '../wire/codes.ts';
import { layoutOf, u16 } from '../wire/layout.ts';
import { type AttemptOptions, attempt, type Transports } from './attempt.ts';
import { orderUpstreams } from './upstreams/policy.ts';
import type { Upstream } from './upstreams/upstream.ts';
import type { Zone } from './upstreams/zones.ts';

export interface FetchOptions extends Omit<AttemptOptions, 'deadline' | 'forceTcp'> {
  readonly transports: Transports;
  readonly log: Log;
  /** Told of each server that failed, and why, so that it is looked after. */
  readonly onFailure: (upstream: Upstream, reason: string) => void;
}

/**
 * - `reply`: what a server said about the name, or its SERVFAIL where no server said more.
 * - `silence`: no server said anything of use.
 * - `busy`: every server owes us as many replies as it may, and none was asked.
 */
export type Fetched =
  | { readonly kind: 'reply'; readonly message: Uint8Array; readonly upstream: Upstream }
  | { readonly kind: 'silence' }
  | { readonly kind: 'busy' };

/** glibc, musl and Go wait 5 s: SERVFAIL must be there before, or it is never read. */
const DEADLINE_MS = 4500;
/** Leaves a third try within the deadline when packets get lost. */
const TRY_MS = 1500;
const MAX_ROUNDS = 3;

/**
 * REFUSED and the like are one server's opinion of us, so the next is asked; they are never told to a client,
 * because musl ignores them and waits out its 5 s.
 */
export async function fetchReply(
  query: ForwardQuery,
  zone: Zone,
  turn: number,
  options: FetchOptions,
): Promise<Fetched> {
  const { clock } = options;
  const { policy, maxConcurrent } = zone.settings;
  const deadline = clock.monotonic() + DEADLINE_MS;
  const refusedBy = new Set<Upstream>();
  let asked = false;
  let failure: Fetched | undefined;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const order = orderUpstreams(zone.upstreams, policy, turn);
    for (const upstream of order) {
      if (clock.monotonic() >= deadline) return failure ?? SILENCE;
      // Said no in this very query: it will say so again.
      if (refusedBy.has(upstream) || upstream.inFlight >= maxConcurrent) continue;
      asked = true;
      const reply = await tryOnce(
        upstream,
        query,
        zone,
        Math.min(clock.monotonic() + TRY_MS, deadline),
        options,
      );
      if (reply === undefined) continue;
      const rcode = rcodeOf(reply);
      if (rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN)
        return { kind: 'reply', message: reply, upstream };
      if (rcode === RCODE.SERVFAIL) failure ??= { kind: 'reply', message: reply, upstream };
      refusedBy.add(upstream);
    }
    if (!asked && order.length > 0) return { kind: 'busy' };
    if (order.every((upstream) => refusedBy.has(upstream)) || options.signal.aborted) break;
  }
  return failure ?? SILENCE;
}

const SILENCE: Fetched = { kind: 'silence' };

async function tryOnce(
  upstream: Upstream,
  query: ForwardQuery,
  { settings: { forceTcp } }: Zone,
  deadline: number,
  options: FetchOptions,
): Promise<Uint8Array | undefined> {
  const { clock, log } = options;
  const started = clock.monotonic();
  upstream.begin();
  const result = await attempt(options.transports, upstream, query, { ...options, forceTcp, deadline });
  if (result.kind === 'reply') {
    upstream.answered(rcodeOf(result.message), (clock.monotonic() - started) / 1000);
    return result.message;
  }
  upstream.failed();
  if (!options.signal.aborted) {
    const reason = result.kind === 'none' ? result.reason : 'forged replies seen';
    log.debug({ upstream: upstream.name, reason }, 'upstream DNS server gave no reply');
    options.onFailure(upstream, reason);
  }
  return undefined;
}

/** With the upper bits that stand in the OPT record: codes above 15 are about one exchange, never about a name. */
function rcodeOf(message: Uint8Array): number {
  const opt = layoutOf(message)?.records.find((record) => record.type === TYPE.OPT);
  const upper = opt === undefined ? 0 : (message[opt.ttlAt] ?? 0);
  return (upper << 4) | (u16(message, 2) & 0x0f);
}
