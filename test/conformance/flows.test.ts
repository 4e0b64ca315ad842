import { beforeAll, describe, expect, test } from 'vitest';
import { parseRuleset, type Ruleset } from '../../src/explain/tracer/ruleset.ts';
import type { ObjectRecord } from '../../src/kube/records.ts';
import { FAMILIES, type Family } from '../../src/net/ip.ts';
import type { Backend, Mode } from '../../src/proxy/backend.ts';
import { createIptablesBackend } from '../../src/proxy/iptables/backend.ts';
import { renderRuleset } from '../../src/proxy/iptables/render.ts';
import { ModesBackend } from '../../src/proxy/modesBackend.ts';
import type { ProxySettings } from '../../src/proxy/settings.ts';
import { RELAY_ADDRESSES } from '../../src/proxy/userspace/addresses.ts';
import { RelayPorts } from '../../src/proxy/userspace/relayPorts.ts';
import { FakeClock } from '../fake/clock.ts';
import { FakeIptables } from '../fake/iptables.ts';
import { FakeLog } from '../fake/log.ts';
import { FakeRelay } from '../fake/relay.ts';
import { loadedCatalog } from '../proxy/cluster.ts';
import { expectation, LOCAL, number, records, settingsOf, titled } from './fixture.ts';
import type { Flow } from './flow.ts';
import { FLOW_GROUPS } from './flows.ts';
import { type Behind, expectationIn } from './mode.ts';
import { traced } from './traced.ts';

const GROUPS = number(FLOW_GROUPS).map((numbered) => ({
  ...numbered,
  title: `${numbered.group.id}: ${numbered.group.about}`,
}));

const WRITTEN: readonly (readonly [variant: 'nft' | 'legacy', mode: Mode])[] = [
  ['nft', 'iptables'],
  ['legacy', 'iptables'],
  ['nft', 'userspace'],
];

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

    describe.each(WRITTEN)('as the agent writes it, %s, mode %s', (variant, mode) => {
      let ruleset: Ruleset;
      const relay = new FakeRelay();
      beforeAll(async () => {
        const exec = new FakeIptables();
        const backend = await backendOn(exec, { ...settings, iptablesBackend: variant }, mode, relay);
        await backend.sync(loadedCatalog(records(numbered)).picture, undefined);
        ruleset = parseRuleset(exec.dump(variant, family === 'IPv6'));
      });
      test.each(titled(group.flows))('%s', (_, flow) => {
        const behind: Behind = (protocol, text) => relay.behind(protocol, text);
        expect(traced(ruleset, flow, numbered, family, behind)).toBe(
          expectationIn(mode, flow, numbered, family),
        );
      });
    });
  });
});

async function backendOn(
  exec: FakeIptables,
  settings: ProxySettings,
  mode: Mode = 'iptables',
  relay: FakeRelay = new FakeRelay(),
): Promise<Backend> {
  const [log, clock] = [new FakeLog(), new FakeClock()];
  const addressOf = (family: Family): Promise<string> => Promise.resolve(RELAY_ADDRESSES[family]);
  const ports = new RelayPorts({ relay, addressOf, drainMs: 0, clock, log });
  const rules = await createIptablesBackend({
    settings,
    exec,
    sysctl: { read: () => Promise.resolve('0'), write: () => Promise.resolve() },
    log,
    clock,
    localAddresses: () => Promise.resolve(LOCAL),
    relays: ports,
  });
  return new ModesBackend({ mode, settings, rules, ports });
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
