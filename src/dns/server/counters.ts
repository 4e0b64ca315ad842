/** What the server counts: an increment in an array for each query, read by whoever exposes it. */
import { TYPE } from '../wire/codes.ts';
import { type Step, STEPS } from './step.ts';

export const PROTOCOLS = ['udp', 'tcp'] as const;
/** As CoreDNS numbers them: IPv4 is 1, IPv6 is 2. */
export const FAMILY_LABELS = ['1', '2'] as const;
export const TYPE_LABELS: readonly string[] = [...Object.keys(TYPE), 'other'];

/** Upper bounds of the latency buckets in seconds, CoreDNS's; one more bucket holds what is slower. */
export const DURATION_BOUNDS: readonly number[] = Array.from({ length: 16 }, (_, n) => 0.000_25 * 2 ** n);
/** Upper bounds of the buckets of message sizes in octets, CoreDNS's. */
export const SIZE_BOUNDS: readonly number[] = [
  0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16_000, 32_000, 48_000, 64_000,
];

/** Those that fit the counters: four bits, and what EDNS adds. */
export const RCODES = 24;

const TYPE_INDEX: Uint8Array = Uint8Array.from({ length: 256 }, (_, type) => {
  const index = Object.values<number>(TYPE).indexOf(type);
  return index < 0 ? TYPE_LABELS.length - 1 : index;
});
/** Bucket of each size up to the last bound, so that no query has to look for its own. */
const SIZE_BUCKET: Uint8Array = Uint8Array.from({ length: 64_001 }, (_, size) =>
  SIZE_BOUNDS.findIndex((bound) => size <= bound),
);

/** Sizes of messages in one direction by one protocol; not cumulative. */
export class SizeCounts {
  readonly buckets: Float64Array = new Float64Array(SIZE_BOUNDS.length + 1);
  sum = 0;

  add(size: number): void {
    const bucket = SIZE_BUCKET[size] ?? SIZE_BOUNDS.length;
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1;
    this.sum += size;
  }
}

export class DnsCounters {
  /** By protocol, family and type: index them with `requestIndex`. */
  readonly requests: Float64Array = new Float64Array(4 * TYPE_LABELS.length);
  /** By rcode, 0 to 23. */
  readonly responses: Float64Array = new Float64Array(RCODES);
  /** By step and rcode: index them with `stepIndex`. */
  readonly stepResponses: Float64Array = new Float64Array(STEPS.length * RCODES);
  /** Replies in each bucket, not cumulative. */
  readonly durations: Float64Array = new Float64Array(DURATION_BOUNDS.length + 1);
  /** By protocol. */
  readonly requestSizes: readonly [SizeCounts, SizeCounts] = [new SizeCounts(), new SizeCounts()];
  readonly responseSizes: readonly [SizeCounts, SizeCounts] = [new SizeCounts(), new SizeCounts()];
  durationSum = 0;
  /** Queries with DO. */
  dnssec = 0;
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

  countRequest(protocol: 0 | 1, family: 0 | 1, type: number, size = 0): void {
    const label = type < 256 ? (TYPE_INDEX[type] ?? 0) : TYPE_LABELS.length - 1;
    const index = requestIndex(protocol, family, label);
    this.requests[index] = (this.requests[index] ?? 0) + 1;
    this.requestSizes[protocol].add(size);
  }

  countResponse(rcode: number, seconds: number, step: Step = 'zone', protocol: 0 | 1 = 0, size = 0): void {
    this.responses[rcode] = (this.responses[rcode] ?? 0) + 1;
    const index = stepIndex(step, rcode);
    this.stepResponses[index] = (this.stepResponses[index] ?? 0) + 1;
    this.responseSizes[protocol].add(size);
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

/** Index into `DnsCounters.stepResponses`. */
export function stepIndex(step: Step, rcode: number): number {
  return STEPS.indexOf(step) * RCODES + rcode;
}
