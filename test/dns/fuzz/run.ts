/**
 * Mutated packets by the million: `npm run fuzz -- [--rounds N] [--seed N] [--target NAME] [--only ROUND]`.
 *
 * A failure prints its seed, target and round, and the octets; with `--only` that round is run again alone.
 */
import { parseArgs } from 'node:util';
import { drawsOf } from './random.ts';
import type { Target } from './target.ts';
import { TARGETS } from './targets.ts';

/** No round takes a hundredth of it: one that does, twice, is a stall. */
const STALL_MS = 1000;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_007) },
    target: { type: 'string' },
    only: { type: 'string' },
  },
});
const seed = Number(values.seed);
const rounds = Number(values.rounds);
print(`seed ${seed}`);
for (const [name, share, make] of TARGETS) {
  if (values.target !== undefined && values.target !== name) continue;
  const target = await make();
  const count = Math.round((rounds * share) / (values.target === undefined ? 100 : share));
  const started = performance.now();
  if (values.only !== undefined) await round(name, target, Number(values.only));
  else for (let i = 0; i < count; i++) await round(name, target, i);
  const seconds = (performance.now() - started) / 1000;
  const came = Object.entries(target.tally()).map(([what, n]) => `${what} ${n}`);
  print(`${name}: ${count} rounds in ${seconds.toFixed(0)} s: ${came.join(', ')}`);
}

async function round(name: string, target: Target, i: number): Promise<void> {
  try {
    if ((await timed(target, i)) > STALL_MS && (await timed(target, i)) > STALL_MS)
      throw new Error('a stall');
  } catch (error) {
    print(`FAILED: --seed ${seed} --target ${name} --only ${i}`);
    print(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(1);
  }
}

async function timed(target: Target, i: number): Promise<number> {
  const started = performance.now();
  const pending = target.round(drawsOf(seed, i));
  if (pending !== undefined) await pending;
  return performance.now() - started;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
