import { beforeAll, describe, expect, test } from 'vitest';
import { parseRuleset, type Ruleset } from '../../src/explain/tracer/ruleset.ts';
import type { ObjectRecord } from '../../src/kube/records.ts';
import { FAMILIES } from '../../src/net/ip.ts';
import type { Backend } from '../../src/proxy/backend.ts';
import { createIptablesBackend } from '../../src/proxy/iptables/backend.ts';
import { renderRuleset } from '../../src/proxy/iptables/render.ts';
import type { ProxySettings } from '../../src/proxy/settings.ts';
import { FakeClock } from '../fake/clock.ts';
import { FakeIptables } from '../fake/iptables.ts';
import { FakeLog } from '../fake/log.ts';
import { loadedCatalog } from '../proxy/cluster.ts';
import { expectation, LOCAL, number, records, settingsOf, titled } from './fixture.ts';
import type { Flow } from './flow.ts';
import { FLOW_GROUPS } from './flows.ts';
import { traced } from './traced.ts';

const GROUPS = number(FLOW_GROUPS).map((numbered) => ({
  ...numbered,
  title: `${numbered.group.id}: ${numbered.group.about}`,
}));

describe.each(FAMILIES)('%s', (family) => {
  describe.each(GROUPS)('$title', ({ group, numbers }) => {
    const numbered = { group, numbers };
    const settings = settingsOf(group.settings);

    describe('as rendered', () => {
      const { picture } = loadedCatalog(records(numbered));
      const ruleset = parseRuleset(renderRuleset(picture, settings, family, LOCAL));
      test.each(titled(group.flows))('%s', (_, flow) => {
        expect(traced(ruleset, flow, numbered, family)).toBe(expectation(flow, family));
      });
    });

    describe.each(['nft', 'legacy'] as const)('as the agent writes it, %s', (variant) => {
      let ruleset: Ruleset;
      beforeAll(async () => {
        const exec = new FakeIptables();
        const backend = await backendOn(exec, { ...settings, iptablesBackend: variant });
        await backend.sync(loadedCatalog(records(numbered)).picture, undefined);
        ruleset = parseRuleset(exec.dump(variant, family === 'IPv6'));
      });
      test.each(titled(group.flows))('%s', (_, flow) => {
        expect(traced(ruleset, flow, numbered, family)).toBe(expectation(flow, family));
      });
    });
  });
});

function backendOn(exec: FakeIptables, settings: ProxySettings): Promise<Backend> {
  return createIptablesBackend({
    settings,
    exec,
    sysctl: { read: () => Promise.resolve('0'), write: () => Promise.resolve() },
    log: new FakeLog(),
    clock: new FakeClock(),
    localAddresses: () => Promise.resolve(LOCAL),
  });
}

test.each(GROUPS)('what is deleted is refused, then unknown: $title', async ({ group, numbers }) => {
  const numbered = { group, numbers };
  const exec = new FakeIptables();
  const backend = await backendOn(exec, { ...settingsOf(group.settings), iptablesBackend: 'nft' });
  const all = records(numbered);
  const catalog = loadedCatalog(all);
  await backend.sync(catalog.picture, undefined);
  const remove = async (kind: ObjectRecord['kind']): Promise<void> => {
    for (const record of all.filter((one) => one.kind === kind)) catalog.remove(record);
    await backend.sync(catalog.picture, catalog.publish());
  };
  const metBy = (flows: readonly Flow[]): readonly string[] =>
    FAMILIES.flatMap((family) => {
      const ruleset = parseRuleset(exec.dump('nft', family === 'IPv6'));
      return flows.map((flow) => traced(ruleset, flow, numbered, family));
    });

  await remove('EndpointSlice');
  const answered = group.flows.filter(({ by, expect: was }) => by === 'clusterIP' && was !== 'unchanged');
  expect(metBy(answered).filter((met) => met !== 'REJECT')).toEqual([]);
  await remove('Service');
  expect(metBy(group.flows).filter((met) => met !== 'unchanged')).toEqual([]);
});

test.each(FAMILIES)('all of the list at once, thrice, found through a tree: %s', (family) => {
  const alike = FLOW_GROUPS.filter(({ settings = {} }) => Object.keys(settings).length === 0);
  const numbered = number([...alike, ...alike, ...alike]);
  const { picture } = loadedCatalog(numbered.flatMap(records));
  const text = renderRuleset(picture, settingsOf(), family, LOCAL);
  expect(text).toContain(':KUBE-SVC-TREE-');
  const ruleset = parseRuleset(text);
  for (const one of numbered) {
    const met = one.group.flows.map((flow) => traced(ruleset, flow, one, family));
    expect(met).toEqual(one.group.flows.map((flow) => expectation(flow, family)));
  }
});
