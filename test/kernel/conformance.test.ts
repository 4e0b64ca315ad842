/** The conformance list in mode iptables, with real rules and real sockets: both backends, both families. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseRuleset } from '../../src/explain/tracer/ruleset.ts';
import { FAMILIES, type Family } from '../../src/net/ip.ts';
import { expectation, titled } from '../conformance/fixture.ts';
import type { Flow } from '../conformance/flow.ts';
import { traced } from '../conformance/traced.ts';
import { describeAffinity } from './affinity.ts';
import { ConformanceWorld } from './conformanceWorld.ts';
import { describeFamilyAlone } from './familyAlone.ts';
import { expectMet, type Met, meetAll, SETTINGS } from './meet.ts';

describe.each(['nft', 'legacy'] as const)('on %s', (variant) => {
  const world = new ConformanceWorld(variant);
  beforeAll(() => world.start());
  afterAll(() => world[Symbol.asyncDispose]());

  describeFamilyAlone(world);
  describeAffinity(world);

  describe.each(SETTINGS)('$settings', ({ groups }) => {
    let met: Met;
    beforeAll(async () => {
      met = await meetAll(world, groups);
    });

    describe.each(FAMILIES)('%s', (family) => {
      expectMet('iptables', groups, family, () => met);

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
