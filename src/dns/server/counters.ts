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

const SINGLE = {
  durationSum: 0,
  dnssec: 1,
  dropped: 2,
  faults: 3,
  overflowed: 4,
  limitedDropped: 5,
  limitedTruncated: 6,
} as const;

/** Sizes of messages in one direction by one protocol; not cumulative. */
export class SizeCounts {
  readonly buckets: Float64Array;
  readonly #sum: Float64Array;

  constructor(take: Take) {
    this.buckets = take(SIZE_BOUNDS.length + 1);
    this.#sum = take(1);
  }

  /** Octets of all. */
  get sum(): number {
    return this.#sum[0] ?? 0;
  }

  add(size: number): void {
    const bucket = SIZE_BUCKET[size] ?? SIZE_BOUNDS.length;
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1;
    this.#sum[0] = this.sum + size;
  }
}

/** Gives the next so many counters of one memory. */
type Take = (count: number) => Float64Array;

/** More than there are. */
const ALL = 1024;

/** Totals since the start; those of several threads are added up where they are shown. */
export class DnsCounters {
  /** Each thread counts in memory of its own, which others read. */
  readonly buffer: SharedArrayBuffer;
  readonly #all: Float64Array;
  /** By protocol, family and type: index them with `requestIndex`. */
  readonly requests: Float64Array;
  /** By rcode, 0 to 23. */
  readonly responses: Float64Array;
  /** By step and rcode: index them with `stepIndex`. */
  readonly stepResponses: Float64Array;
  /** Replies in each bucket, not cumulative. */
  readonly durations: Float64Array;
  /** By protocol. */
  readonly requestSizes: readonly [SizeCounts, SizeCounts];
  readonly responseSizes: readonly [SizeCounts, SizeCounts];
  /** Those that stand alone, by `SINGLE`. */
  readonly #singles: Float64Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(8 * ALL)) {
    this.buffer = buffer;
    this.#all = new Float64Array(buffer);
    let used = 0;
    const take: Take = (count) => this.#all.subarray(used, (used += count));
    this.requests = take(4 * TYPE_LABELS.length);
    this.responses = take(RCODES);
    this.stepResponses = take(STEPS.length * RCODES);
    this.durations = take(DURATION_BOUNDS.length + 1);
    this.requestSizes = [new SizeCounts(take), new SizeCounts(take)];
    this.responseSizes = [new SizeCounts(take), new SizeCounts(take)];
    this.#singles = take(Object.keys(SINGLE).length);
  }

  /** What several threads have counted. */
  static sum(parts: readonly DnsCounters[]): DnsCounters {
    const sum = new DnsCounters();
    for (const part of parts) part.#all.forEach((count, i) => (sum.#all[i] = (sum.#all[i] ?? 0) + count));
    return sum;
  }

  get queries(): number {
    return this.requests.reduce((sum, count) => sum + count, 0);
  }

  /** In seconds. */
  get durationSum(): number {
    return this.#singles[SINGLE.durationSum] ?? 0;
  }

  /** Queries with DO. */
  get dnssec(): number {
    return this.#singles[SINGLE.dnssec] ?? 0;
  }

  set dnssec(count: number) {
    this.#singles[SINGLE.dnssec] = count;
  }

  /** Packets that deserve no reply. */
  get dropped(): number {
    return this.#singles[SINGLE.dropped] ?? 0;
  }

  set dropped(count: number) {
    this.#singles[SINGLE.dropped] = count;
  }

  /** Queries whose handling failed in a way that is a fault of ours. */
  get faults(): number {
    return this.#singles[SINGLE.faults] ?? 0;
  }

  set faults(count: number) {
    this.#singles[SINGLE.faults] = count;
  }

  /** Queries above a client's limit: not answered, and sent to TCP. */
  get limitedDropped(): number {
    return this.#singles[SINGLE.limitedDropped] ?? 0;
  }

  set limitedDropped(count: number) {
    this.#singles[SINGLE.limitedDropped] = count;
  }

  get limitedTruncated(): number {
    return this.#singles[SINGLE.limitedTruncated] ?? 0;
  }

  set limitedTruncated(count: number) {
    this.#singles[SINGLE.limitedTruncated] = count;
  }

  /** Packets that one thread had to throw away because the other one that should answer them was too far behind. */
  get overflowed(): number {
    return this.#singles[SINGLE.overflowed] ?? 0;
  }

  set overflowed(count: number) {
    this.#singles[SINGLE.overflowed] = count;
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
    this.#singles[SINGLE.durationSum] = this.durationSum + seconds;
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
