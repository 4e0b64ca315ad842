/** Counts of one Service port, as they are counted. */
import type { RelayCounts } from './relay.ts';

export type Counting = { -readonly [K in keyof RelayCounts]: RelayCounts[K] };

export function counting(): Counting {
  return { open: 0, accepted: 0, retries: 0, failed: 0, refused: 0, bytesIn: 0, bytesOut: 0 };
}
