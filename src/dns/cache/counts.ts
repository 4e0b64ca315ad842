/** What the cache counts: an addition in an array for each query. */
export const COUNT = {
  requests: 0,
  hitsSuccess: 1,
  hitsDenial: 2,
  misses: 3,
  prefetch: 4,
  drops: 5,
  servedStale: 6,
  evictionsSuccess: 7,
  evictionsDenial: 8,
} as const;

export type CacheCount = (typeof COUNT)[keyof typeof COUNT];

export class CacheCounts {
  /** Each thread counts in memory of its own, which others read. */
  readonly buffer: SharedArrayBuffer;
  readonly #counts: Float64Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(8 * Object.keys(COUNT).length)) {
    this.buffer = buffer;
    this.#counts = new Float64Array(buffer);
  }

  /** What several threads have counted. */
  static sum(parts: readonly CacheCounts[]): CacheCounts {
    const sum = new CacheCounts();
    for (const part of parts)
      part.#counts.forEach((count, i) => (sum.#counts[i] = (sum.#counts[i] ?? 0) + count));
    return sum;
  }

  add(count: CacheCount): void {
    this.#counts[count] = (this.#counts[count] ?? 0) + 1;
  }

  of(count: CacheCount): number {
    return this.#counts[count] ?? 0;
  }
}
