/** The conformance list with real rules and real sockets: both backends, both families. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseRuleset } from '../../src/explain/tracer/ruleset.ts';
import { FAMILIES, type Family } from '../../src/net/ip.ts';
import {
  endpointName,
  expectation,
  LOCAL,
  number,
  type Numbered,
  records,
  settingsOf,
  sourceOf,
  targetOf,
  titled,
} from '../conformance/fixture.ts';
import type { Flow } from '../conformance/flow.ts';
import { FLOW_GROUPS } from '../conformance/flows.ts';
import { traced } from '../conformance/traced.ts';
import { loadedCatalog } from '../proxy/cluster.ts';
import { describeAffinity } from './affinity.ts';
import { ConformanceWorld } from './conformanceWorld.ts';
import { describeFamilyAlone } from './familyAlone.ts';

const GROUPS = number(FLOW_GROUPS);

/** Groups with the same settings share the rules: their Services have addresses of their own. */
const WORLDS = [...Map.groupBy(GROUPS, ({ group }) => JSON.stringify(group.settings ?? {}))].map(
  ([settings, groups]) => ({ settings, groups }),
);

/** IPv6 TCP believes a refusal only when its second SYN is refused too, after one second. */
const TIMEOUT_MS = 4000;
const SILENCE_MS = 1500;
/** One endpoint of four is missed in all of them but once in fifty million times. */
const MOST_TRIES = 64;
const TRIES = 8;

describe.each(['nft', 'legacy'] as const)('on %s', (variant) => {
  const world = new ConformanceWorld(variant);
  beforeAll(() => world.start());
  afterAll(() => world[Symbol.asyncDispose]());

  describeFamilyAlone(world);
  describeAffinity(world);

  describe.each(WORLDS)('$settings', ({ groups }) => {
    /** All flows run side by side: those that are dropped take their time. */
    const met = new Map<string, string>();
    const idOf = (family: Family, { numbers }: Numbered, title: string): string =>
      `${family} ${[...numbers.values()].join()} ${title}`;

    beforeAll(async () => {
      const settings = settingsOf(groups[0]?.group.settings);
      await world.sync(loadedCatalog(groups.flatMap(records)).picture, settings);
      const flows = FAMILIES.flatMap((family) =>
        groups.flatMap((numbered) =>
          titled(numbered.group.flows)
            .filter(([, flow]) => flow.notOnKernel === undefined)
            .map(async ([title, flow]) => {
              met.set(idOf(family, numbered, title), await meet(world, flow, numbered, family));
            }),
        ),
      );
      await Promise.all(flows);
    });

    describe.each(FAMILIES)('%s', (family) => {
      for (const numbered of groups) {
        const { id, about, flows } = numbered.group;
        test.for(titled(flows))(`${id}: ${about}: %s`, ([title, flow], { skip }) => {
          skip(flow.notOnKernel !== undefined, flow.notOnKernel);
          expect(met.get(idOf(family, numbered, title))).toBe(onKernel(flow, numbered, family));
        });
      }

      test('the tracer says the same of what the kernel holds', async () => {
        const ruleset = parseRuleset(await world.rules(family));
        for (const numbered of groups) {
          const flows = titled(numbered.group.flows);
          const told = flows.map(([title, flow]) => [title, traced(ruleset, flow, numbered, family)]);
          expect(told).toEqual(flows.map(([title, flow]) => [title, traceable(flow, family)]));
        }
      });
    });
  });
});

/** The node's own rule drops what no rule of ours accepts at health-check node ports. */
function traceable(flow: Flow, family: Family): string {
  const expected = expectation(flow, family);
  return flow.by === 'healthCheckNodePort' && expected === 'unchanged' ? 'DROP' : expected;
}

/** What a socket sees of it. */
function onKernel(flow: Flow, numbered: Numbered, family: Family): string {
  const expected = expectation(flow, family);
  switch (expected) {
    case 'REJECT':
      return 'refused';
    case 'DROP':
      return 'silence';
    case 'ACCEPT':
      // It came in, and nobody listens there; what no rule of ours accepts is dropped by the node's own.
      return 'refused';
    case 'unchanged':
      if (flow.by === 'healthCheckNodePort') return 'silence';
      return LOCAL.includes(targetOf(flow, numbered, family).address) ? 'refused' : expected;
    default:
      return expected;
  }
}

async function meet(
  world: ConformanceWorld,
  flow: Flow,
  numbered: Numbered,
  family: Family,
): Promise<string> {
  const { target, ...where } = targetOf(flow, numbered, family);
  const source = sourceOf(flow, numbered, family);
  const expected = onKernel(flow, numbered, family);
  const timeoutMs = expected === 'silence' ? SILENCE_MS : TIMEOUT_MS;
  const enough = expected.split(' ').filter((word) => word !== 'm').length;
  const names = new Set<string>();
  const masqueraded = new Set<boolean>();
  for (let tries = 0; tries < MOST_TRIES && (tries === 0 || names.size < enough); tries += TRIES) {
    for (const answer of await world.ask(flow.from, { ...where, source, tries: TRIES, timeoutMs })) {
      const [asked = '', asker] = answer.split(' ');
      if (asker === undefined || !asked.includes(':')) return answer;
      names.add(nameOf(asked, where, family, target));
      masqueraded.add(addressIn(asker) !== source);
    }
  }
  const mark = masqueraded.size > 1 ? ' sometimes m' : masqueraded.has(true) ? ' m' : '';
  return `${[...names].sort().join(' ')}${mark}`;
}

function nameOf(
  asked: string,
  where: { readonly address: string; readonly port: number },
  family: Family,
  target: number,
): string {
  // A UDP socket on all addresses does not say at which of them it was asked.
  const unchanged = addressIn(asked) === where.address || addressIn(asked) === '::';
  return unchanged ? 'unchanged' : endpointName(asked, family, target);
}

/** Of `10.0.0.1:80` or `[fd00::1]:80`. */
function addressIn(text: string): string {
  return text.replace(/:\d+$/, '').replaceAll(/[[\]]/g, '');
}
