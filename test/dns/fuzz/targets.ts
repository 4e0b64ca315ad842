import { echo, queriesTarget } from './queries.ts';
import { repliesTarget } from './replies.ts';
import { streamsTarget } from './streams.ts';
import type { Target } from './target.ts';

/** By name, each with its share of a run's rounds in percent. */
export const TARGETS: readonly (readonly [
  name: string,
  share: number,
  make: () => Target | Promise<Target>,
])[] = [
  ['queries', 50, () => queriesTarget()],
  ['forwarded', 20, () => queriesTarget(echo())],
  ['replies', 20, repliesTarget],
  ['streams', 10, streamsTarget],
];
