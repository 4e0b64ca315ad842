/** How long a reply may be kept. */
import { FLAG, RCODE, TYPE } from '../wire/codes.ts';
import { type Layout, type RecordSpan, u16, u32 } from '../wire/layout.ts';

export interface CacheLimits {
  /** Seconds that an answer is kept at most. */
  readonly maxPositive: number;
  /** Seconds that a denial is kept at most. */
  readonly maxNegative: number;
  /** Seconds that a SERVFAIL is kept; RFC 9520 section 3.2 wants at least one, RFC 2308 section 7.1 at most 300. */
  readonly servfail: number;
}

/** As kubeadm's `cache 30`; failures for the least time that keeps a retry storm from the upstream servers. */
export const DEFAULT_LIMITS: CacheLimits = { maxPositive: 30, maxNegative: 30, servfail: 1 };

/** Seconds that the reply may be kept, 0 for not at all. */
export function lifetimeOf(message: Uint8Array, layout: Layout, limits: CacheLimits): number {
  const flags = u16(message, 2);
  if ((flags & FLAG.TC) !== 0) return 0;
  const records = layout.records.filter((record) => record.type !== TYPE.OPT);
  // Codes above 15 have their upper bits in the OPT record; they are about one exchange, never about a name.
  if (layout.records.some((record) => record.type === TYPE.OPT && record.ttl >= 0x1000000)) return 0;
  switch (flags & 0x0f) {
    case RCODE.NOERROR:
      return isAnswer(layout)
        ? Math.min(limits.maxPositive, shortest(records))
        : negativeLifetime(message, records, limits);
    case RCODE.NXDOMAIN:
      return negativeLifetime(message, records, limits);
    case RCODE.SERVFAIL:
      return Math.min(limits.servfail, 5);
    default:
      return 0;
  }
}

/** Some record of the asked type: a chain of CNAMEs that ends nowhere is no answer. */
function isAnswer(layout: Layout): boolean {
  const { type } = layout.question;
  return layout.records.some(
    (record) =>
      record.section === 'answer' && (record.type === type || type === TYPE.ANY) && record.type !== TYPE.OPT,
  );
}

/** RFC 2308 section 5: without a SOA there is nothing to say how long, so a denial without one is not kept. */
function negativeLifetime(message: Uint8Array, records: readonly RecordSpan[], limits: CacheLimits): number {
  const soa = records.find((record) => record.section === 'authority' && record.type === TYPE.SOA);
  // The five numbers at the end, and at least two root names before them.
  if (soa === undefined || soa.end - soa.rdataAt < 22) return 0;
  const minimum = u32(message, soa.end - 4);
  const answers = records.filter((record) => record.section === 'answer' && record.type === TYPE.CNAME);
  return Math.min(limits.maxNegative, minimum, soa.ttl, shortest(answers));
}

/** The reply goes when the first of its records does. Glue counts too: it would be told with a TTL below zero. */
function shortest(records: readonly RecordSpan[]): number {
  return records.reduce((least, record) => Math.min(least, record.ttl), Number.POSITIVE_INFINITY);
}
