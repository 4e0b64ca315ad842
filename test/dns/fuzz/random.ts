/** A whole number from 0 up to but not including `below`. */
export type Draw = (below: number) => number;

/**
 * Numbers for one round of one run: the same seed and round give the same, so that a failure can be run again alone.
 * mulberry32, as fast-check's generators would take longer than the server.
 */
export function drawsOf(seed: number, round: number): Draw {
  let state = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(round + 1, 0xc2b2_ae35);
  return (below) => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * below);
  };
}

export function pick<T>(draw: Draw, items: readonly T[]): T {
  const item = items[draw(items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}
