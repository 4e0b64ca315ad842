/** Metrics as the parts that count describe them: numbers are read when somebody scrapes, never pushed. */

export type Labels = Readonly<Record<string, string>>;

export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Awaited before a scrape asks for samples. Must not reject. */
  readonly prepare?: () => Promise<void>;
  /** One for each combination of labels that is to be shown. */
  readonly samples: () => Iterable<Sample>;
}

export interface Sample {
  readonly labels: Labels;
  readonly value: number | Distribution;
}

export interface Distribution {
  /** Upper bounds of the buckets, ascending; the bucket above the last needs none. */
  readonly bounds: readonly number[];
  /** Not cumulated; one more than there are bounds. */
  readonly counts: Float64Array;
  readonly sum: number;
}

/** Counts by size. Observing is an array write: cheap enough for every sync. */
export class Histogram implements Distribution {
  readonly bounds: readonly number[];
  readonly counts: Float64Array;
  readonly #sum: Float64Array;

  /** @param memory room for two numbers more than there are bounds, which another thread may read */
  constructor(bounds: readonly number[], memory: Float64Array = new Float64Array(bounds.length + 2)) {
    this.bounds = bounds;
    this.counts = memory.subarray(0, bounds.length + 1);
    this.#sum = memory.subarray(bounds.length + 1, bounds.length + 2);
  }

  get sum(): number {
    return this.#sum[0] ?? 0;
  }

  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.bounds.length && value > (this.bounds[bucket] ?? Infinity)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.#sum[0] = this.sum + value;
  }
}

/** `count` bounds from `start`, each `factor` times the last. */
export function exponentialBounds(start: number, factor: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start * factor ** i);
}
