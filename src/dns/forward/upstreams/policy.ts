/** In which order upstream servers are tried. */
import type { ForwardPolicy } from '../../settings.ts';
import type { Upstream } from './upstream.ts';

/**
 * Servers believed to live first, by policy; the others after them, as a last resort: if all are down, the fault
 * may be ours, and trying costs little. Servers that lead back to us are left out.
 */
export function orderUpstreams(
  upstreams: readonly Upstream[],
  policy: ForwardPolicy,
  /** Any number that differs from query to query: a counter for round robin, else a random one. */
  turn: number,
): Upstream[] {
  const usable = upstreams.filter((upstream) => !upstream.looping);
  const live = usable.filter((upstream) => upstream.healthy);
  const down = usable.filter((upstream) => !upstream.healthy);
  return policy === 'sequential' ? [...live, ...down] : [...rotate(live, turn), ...rotate(down, turn)];
}

function rotate<T>(items: readonly T[], by: number): T[] {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
