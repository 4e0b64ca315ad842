/** What kind of reply it is, and how long it may be kept. */
import type { CacheSettings, TtlRange } from '../settings.ts';
import { FLAG, RCODE, TYPE } from '../wire/codes.ts';
import { type Layout, type RecordSpan, u16, u32 } from '../wire/layout.ts';

/** `failure`: no server could tell. */
export type ReplyKind = 'success' | 'denial' | 'failure';

export interface Lifetime {
  readonly kind: ReplyKind;
  /** 0: it is not kept. */
  readonly seconds: number;
}

/** RFC 2308 section 7.1 allows five minutes, but a client that tries again must not be told an old failure. */
const MAX_FAILURE = 5;

/** `layout` is of a reply that holds nothing but what answers its question. */
export function lifetimeOf(message: Uint8Array, layout: Layout, limits: CacheSettings): Lifetime {
  const flags = u16(message, 2);
  const truncated = (flags & FLAG.TC) !== 0;
  switch (flags & 0x0f) {
    case RCODE.NOERROR:
      return isAnswer(layout)
        ? { kind: 'success', seconds: truncated ? 0 : within(limits.success, shortest(layout.records)) }
        : { kind: 'denial', seconds: truncated ? 0 : denialSeconds(message, layout.records, limits) };
    case RCODE.NXDOMAIN:
      return { kind: 'denial', seconds: truncated ? 0 : denialSeconds(message, layout.records, limits) };
    case RCODE.SERVFAIL:
      return { kind: 'failure', seconds: truncated ? 0 : failureSeconds(limits) };
    default:
      return { kind: 'failure', seconds: 0 };
  }
}

export function failureSeconds({ servfail }: CacheSettings): number {
  return Math.min(servfail, MAX_FAILURE);
}

/** Some record of the asked type: a chain of CNAMEs that ends nowhere is no answer. */
function isAnswer(layout: Layout): boolean {
  const { type } = layout.question;
  return layout.records.some(
    (record) => record.section === 'answer' && (record.type === type || type === TYPE.ANY),
  );
}

/** RFC 2308 section 5: without a SOA there is nothing to say how long, so a denial without one is not kept. */
function denialSeconds(message: Uint8Array, records: readonly RecordSpan[], limits: CacheSettings): number {
  const soa = records.find((record) => record.section === 'authority' && record.type === TYPE.SOA);
  // The five numbers at the end, and at least two root names before them.
  if (soa === undefined || soa.end - soa.rdataAt < 22) return 0;
  const minimum = u32(message, soa.end - 4);
  const answers = records.filter((record) => record.section === 'answer');
  return within(limits.denial, Math.min(minimum, soa.ttl, shortest(answers)));
}

/** A TTL of 0 is its owner's wish that nobody keeps the answer (RFC 1035 section 3.2.1). */
function within({ min, max }: TtlRange, seconds: number): number {
  return seconds === 0 ? 0 : Math.min(max, Math.max(min, seconds));
}

/** The reply goes when the first of its records does. */
function shortest(records: readonly RecordSpan[]): number {
  return records.reduce((least, record) => Math.min(least, record.ttl), Number.POSITIVE_INFINITY);
}
