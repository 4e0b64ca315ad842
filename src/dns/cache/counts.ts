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
  readonly #counts = new Float64Array(Object.keys(COUNT).length);

  add(count: CacheCount): void {
    this.#counts[count] = (this.#counts[count] ?? 0) + 1;
  }

  of(count: CacheCount): number {
    return this.#counts[count] ?? 0;
  }
}
