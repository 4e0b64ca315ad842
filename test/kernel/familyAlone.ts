/** A node whose programs work for one family only, in the world of the conformance list. */
import { expect, test } from 'vitest';
import { FAMILIES } from '../../src/net/ip.ts';
import { number, records, settingsOf, sourceOf, targetOf } from '../conformance/fixture.ts';
import { flow } from '../conformance/flow.ts';
import { loadedCatalog } from '../proxy/cluster.ts';
import type { ConformanceWorld } from './conformanceWorld.ts';

const GROUPS = number([
  {
    id: 'S',
    about: 'one family',
    services: { svc: { outside: ['nodePort'], endpoints: { 'remote-1': 'ready' } } },
    flows: [
      flow('pod', 'svc', 'clusterIP', 'remote-1'),
      flow('external', 'svc', 'nodePort', 'remote-1 m'),
      flow('node', 'svc', 'clusterIP', 'remote-1 m'),
    ],
  },
]);

/** To be called for a world without rules; leaves it without. */
export function describeFamilyAlone(world: ConformanceWorld): void {
  test.each(FAMILIES)('%s alone is routed where the other does not work, and cleaned up', async (family) => {
    const [numbered] = GROUPS;
    if (numbered === undefined) throw new Error('one group has one number');
    const other = family === 'IPv4' ? 'IPv6' : 'IPv4';
    const before = await world.rules(family);
    const backend = await world.backend(settingsOf(), other);
    await backend.sync(loadedCatalog(records(numbered)).picture, undefined);
    expect(backend.describe()).toMatchObject({ families: [family], services: 1 });
    expect(await world.rules(other)).not.toContain('KUBE-');
    for (const asked of numbered.group.flows) {
      const { target, ...where } = targetOf(asked, numbered, family);
      const source = sourceOf(asked, numbered, family);
      const [answer = ''] = await world.ask(asked.from, { ...where, source, tries: 1, timeoutMs: 10_000 });
      expect(answer).toMatch(new RegExp(`:${target} `));
      expect(answer.includes(source)).toBe(!asked.expect.endsWith(' m'));
    }
    await backend.cleanup();
    expect(withoutCounters(await world.rules(family))).toBe(withoutCounters(before));
  });
}

/** Nothing is not the same as a table with chains that nobody filled. */
function withoutCounters(rules: string): string {
  return rules.replaceAll(/^(#.*|\*\w+|COMMIT|:[A-Z]+ ACCEPT .*)\n/gm, '').replaceAll(/\[\d+:\d+\]/g, '');
}
