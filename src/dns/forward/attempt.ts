/** One try at one upstream server: by UDP, and by TCP where UDP will not do; or by TLS. */
import type { Clock } from '../../host/clock.ts';
import type { ForwardQuery } from '../cache/query.ts';
import { RCODE, TYPE } from '../wire/codes.ts';
import { layoutOf } from '../wire/layout.ts';
import type { Exchanged, Transport } from './transport/transport.ts';
import { judge, type Random, type UpstreamQuery, upstreamQuery } from './transport/upstreamQuery.ts';
import type { Upstream } from './upstreams/upstream.ts';

export interface Transports {
  readonly udp: Transport;
  readonly tcp: Transport;
  /** For servers that are asked by nothing else. */
  readonly tls: Transport;
}

export interface AttemptOptions {
  readonly random: Random;
  readonly mixCase: boolean;
  readonly forceTcp: boolean;
  readonly clock: Clock;
  /** Of the monotonic clock. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/** Never rejects; `none` says why there is no reply. */
export async function attempt(
  transports: Transports,
  upstream: Upstream,
  query: ForwardQuery,
  options: AttemptOptions,
): Promise<Exchanged> {
  const first = await ask(transports, upstream, query, options, true);
  // RFC 6891 section 7: a server older than EDNS says FORMERR or NOTIMP, and would answer without.
  return first.kind === 'reply' && refusesEdns(first.message)
    ? ask(transports, upstream, query, options, false)
    : first;
}

async function ask(
  transports: Transports,
  upstream: Upstream,
  query: ForwardQuery,
  options: AttemptOptions,
  edns: boolean,
): Promise<Exchanged> {
  const encrypted = upstream.server.tls !== undefined;
  const mixCase = options.mixCase && !upstream.losesCase && !encrypted;
  const sent = upstreamQuery(query, options.random, { edns, mixCase });
  const send = (protocol: keyof Transports): Promise<Exchanged> =>
    transports[protocol].exchange({
      server: upstream.server,
      message: sent.message,
      judge: (received) => {
        const judgement = judge(sent, received);
        if (judgement === 'stray') upstream.strays += 1;
        return judgement;
      },
      timeoutMs: Math.max(1, options.deadline - options.clock.monotonic()),
      signal: options.signal,
      onSocket: (open) => {
        upstream.sockets[open ? 'reused' : protocol === 'udp' ? 'udp' : 'tcp'] += 1;
      },
    });
  if (encrypted) return send('tls');
  const byUdp = options.forceTcp ? DOUBTFUL : await send('udp');
  if (byUdp.kind === 'none' || (byUdp.kind === 'reply' && !isTruncated(byUdp.message))) return byUdp;
  const byTcp = await send('tcp');
  if (byTcp.kind === 'reply' && mixCase) upstream.losesCase = losesCase(sent, byTcp.message);
  if (byTcp.kind === 'reply') return byTcp;
  // Better a part than nothing: the client sees TC and may have more luck with TCP than we had.
  return byUdp.kind === 'reply' && layoutOf(byUdp.message) !== undefined ? byUdp : byTcp;
}

const DOUBTFUL: Exchanged = { kind: 'doubtful' };

function losesCase(sent: UpstreamQuery, reply: Uint8Array): boolean {
  return judge(sent, reply) === 'otherCase';
}

function isTruncated(message: Uint8Array): boolean {
  return ((message[2] ?? 0) & 0x02) !== 0;
}

function refusesEdns(message: Uint8Array): boolean {
  const rcode = (message[3] ?? 0) & 0x0f;
  if (rcode !== RCODE.FORMERR && rcode !== RCODE.NOTIMP) return false;
  return !layoutOf(message)?.records.some((record) => record.type === TYPE.OPT);
}
