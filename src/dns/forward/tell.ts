/** What came of a question, as it is told to one client. */
import type { Client } from '../cache/query.ts';
import type { Entry } from '../cache/replyCache.ts';
import { tellReply } from '../cache/storedReply.ts';
import { EDE, RCODE } from '../wire/codes.ts';
import { u16 } from '../wire/layout.ts';
import type { Asked } from './asker.ts';
import type { Forwarded, ForwardStep } from './forwarder.ts';

/** RFC 8767 section 5: seconds that a client may keep a stale answer. */
const STALE_TTL = 30;

const NO_ANSWER = { code: EDE.NO_REACHABLE_AUTHORITY, text: 'no upstream server answered in time' };
const NO_ANSWER_BEFORE = { code: EDE.CACHED_ERROR, text: 'no upstream server answered a moment ago' };
const FAILED_BEFORE = { code: EDE.CACHED_ERROR, text: 'an upstream server failed a moment ago' };
const BUSY = { code: EDE.OTHER, text: 'too many queries wait for upstream servers' };
const STALE = { code: EDE.STALE_ANSWER, text: 'no upstream server answers now' };
const STALE_DENIAL = { code: EDE.STALE_NXDOMAIN, text: 'no upstream server answers now' };

/** No reply; the caller makes SERVFAIL or REFUSED of it. */
export function tellNothing(step: ForwardStep): Forwarded {
  const error = step === 'busy' ? BUSY : step === 'forward' ? NO_ANSWER : undefined;
  return { reply: undefined, step, upstream: '', error };
}

/** What a server has just said. */
export function tellAsked({ reply, upstream, busy }: Asked, client: Client): Forwarded {
  if (reply === undefined) return tellNothing(busy ? 'busy' : 'forward');
  return { reply: tellReply(reply, client, 0), step: 'forward', upstream, error: undefined };
}

/** `age` in whole seconds. */
export function tellKept({ kind, reply, upstream }: Entry, client: Client, age: number): Forwarded {
  if (reply === undefined) return { ...tellNothing('cache'), error: NO_ANSWER_BEFORE };
  const error = kind === 'failure' ? FAILED_BEFORE : undefined;
  return { reply: tellReply(reply, client, age), step: 'cache', upstream, error };
}

/** What was true once, with a TTL so short that the client soon asks again. */
export function tellStale({ reply, upstream }: Entry, client: Client): Forwarded {
  if (reply === undefined) return tellNothing('stale');
  const error = (u16(reply.wire, 2) & 0x0f) === RCODE.NXDOMAIN ? STALE_DENIAL : STALE;
  return { reply: tellReply(reply, client, 0, STALE_TTL), step: 'stale', upstream, error };
}
