/** What the server counts: an increment in an array for each query, read by whoever exposes it. */
import { TYPE } from '../wire/codes.ts';

export const PROTOCOLS = ['udp', 'tcp'] as const;
/** As CoreDNS numbers them: IPv4 is 1, IPv6 is 2. */
export const FAMILY_LABELS = ['1', '2'] as const;
export const TYPE_LABELS: readonly string[] = [...Object.keys(TYPE), 'other'];

/** Upper bounds of the latency buckets in seconds, CoreDNS's; one more bucket holds what is slower. */
export const DURATION_BOUNDS: readonly number[] = Array.from({ length: 16 }, (_, n) => 0.000_25 * 2 ** n);

const TYPE_INDEX: Uint8Array = Uint8Array.from({ length: 256 }, (_, type) => {
  const index = Object.values<number>(TYPE).indexOf(type);
  return index < 0 ? TYPE_LABELS.length - 1 : index;
});

export class DnsCounters {
  /** By protocol, family and type: index them with `requestIndex`. */
  readonly requests: Float64Array = new Float64Array(4 * TYPE_LABELS.length);
  /** By rcode, 0 to 23. */
  readonly responses: Float64Array = new Float64Array(24);
  /** Replies in each bucket, not cumulative. */
  readonly durations: Float64Array = new Float64Array(DURATION_BOUNDS.length + 1);
  durationSum = 0;
  /** Packets that deserve no reply. */
  dropped = 0;
  /** Queries above a client's limit: not answered, and sent to TCP. */
  limitedDropped = 0;
  limitedTruncated = 0;
  /** Queries whose handling failed in a way that is a fault of ours. */
  faults = 0;

  get queries(): number {
    return this.requests.reduce((sum, count) => sum + count, 0);
  }

  countRequest(protocol: 0 | 1, family: 0 | 1, type: number): void {
    const label = type < 256 ? (TYPE_INDEX[type] ?? 0) : TYPE_LABELS.length - 1;
    const index = requestIndex(protocol, family, label);
    this.requests[index] = (this.requests[index] ?? 0) + 1;
  }

  countResponse(rcode: number, seconds: number): void {
    this.responses[rcode] = (this.responses[rcode] ?? 0) + 1;
    let bucket = 0;
    while (bucket < DURATION_BOUNDS.length && seconds > (DURATION_BOUNDS[bucket] ?? 0)) bucket++;
    this.durations[bucket] = (this.durations[bucket] ?? 0) + 1;
    this.durationSum += seconds;
  }
}

/** Index into `DnsCounters.requests`; `label` is an index into `TYPE_LABELS`. */
export function requestIndex(protocol: 0 | 1, family: 0 | 1, label: number): number {
  return (2 * protocol + family) * TYPE_LABELS.length + label;
}
