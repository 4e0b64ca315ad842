/** The conformance list in mode userspace, with real relays: both backends, both families. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAMILIES } from '../../src/net/ip.ts';
import { RELAY_ADDRESSES } from '../../src/proxy/userspace/addresses.ts';
import { ADDRESSES, inFamily } from '../conformance/fixture.ts';
import { describeAffinity } from './affinity.ts';
import { ConformanceWorld } from './conformanceWorld.ts';
import { expectMet, type Met, meetAll, SETTINGS } from './meet.ts';

const SILENCE_MS = 1500;
const VARIANTS = ['nft', 'legacy'] as const;

const WAYS = FAMILIES.flatMap((family) =>
  (['tcp', 'udp'] as const).flatMap((protocol) =>
    (['pod', 'external', 'node'] as const).map((from) => [family, protocol, from] as const),
  ),
);

/** What somebody meets who sends straight to a relay. */
async function meetRelay(world: ConformanceWorld, ...way: (typeof WAYS)[number]): Promise<string> {
  const [family, protocol, from] = way;
  const [port] = await world.relayed(protocol, family);
  if (port === undefined) return 'no relay';
  const source = inFamily(ADDRESSES[from], family);
  const where = { protocol, source, address: RELAY_ADDRESSES[family], port };
  const [answer = ''] = await world.ask(from, { ...where, tries: 1, timeoutMs: SILENCE_MS });
  return answer;
}

interface Gathered {
  /** For each of SETTINGS. */
  readonly met: readonly Met[];
  /** For each of WAYS. */
  readonly straight: readonly string[];
}

async function gather(world: ConformanceWorld): Promise<Gathered> {
  await world.start();
  const met: Met[] = [];
  let straight: readonly string[] = [];
  for (const { groups } of SETTINGS) {
    met.push(await meetAll(world, groups));
    if (straight.length === 0) straight = await Promise.all(WAYS.map((way) => meetRelay(world, ...way)));
  }
  return { met, straight };
}

const worlds = VARIANTS.map((variant) => new ConformanceWorld(variant, 'userspace'));
let gathered: readonly Gathered[] = [];
/** Both backends side by side: most of the time goes into waiting for what is dropped. */
beforeAll(async () => {
  gathered = await Promise.all(worlds.map(gather));
});
afterAll(() => Promise.all(worlds.map((world) => world[Symbol.asyncDispose]())));

describe.each(VARIANTS)('on %s', (variant) => {
  const index = VARIANTS.indexOf(variant);
  describe.each(SETTINGS)('$settings', ({ settings, groups }) => {
    const place = SETTINGS.findIndex((one) => one.settings === settings);
    describe.each(FAMILIES)('%s', (family) => {
      expectMet('userspace', groups, family, () => gathered[index]?.met[place] ?? new Map());
    });
  });

  test.each(WAYS)('%s, %s: a relay is silent to who asks it instead of a Service: %s', (...way) => {
    // The kernel tells a sender of this machine that its packet was dropped.
    expect(gathered[index]?.straight[WAYS.findIndex((one) => one.join() === way.join())]).toMatch(
      /^(silence|.*EPERM.*)$/,
    );
  });

  const world = worlds[index];
  if (world !== undefined) describeAffinity(world);
});
