/** What the tables' counters say is what the kernel would show. */
import { describe, expect, test } from 'vitest';
import { createIptablesBackend, type IptablesBackend } from '../../../../src/proxy/iptables/backend.ts';
import type { FamilyCounters } from '../../../../src/proxy/iptables/family/counters.ts';
import { FakeClock } from '../../../fake/clock.ts';
import { FakeIptables, type FakeIptablesOptions } from '../../../fake/iptables.ts';
import { FakeLog } from '../../../fake/log.ts';
import { loadedCatalog, NODE_IP, proxySettings, service, slice } from '../../cluster.ts';

class World {
  readonly exec: FakeIptables;
  readonly catalog;

  constructor(services: number, options: FakeIptablesOptions = {}) {
    this.exec = new FakeIptables(options);
    this.catalog = loadedCatalog(
      Array.from({ length: services }, (_, n) => [
        service(`shop/s${n}`, `10.96.${n >> 8}.${n & 255}`),
        slice(`shop/s${n}`, n % 9 === 0 ? [] : ['10.0.1.1', '10.0.1.2']),
      ]).flat(),
    );
  }

  backend(): Promise<IptablesBackend> {
    return createIptablesBackend({
      settings: proxySettings({ iptablesBackend: 'nft', families: ['IPv4'] }),
      exec: this.exec,
      sysctl: { read: () => Promise.resolve('0'), write: () => Promise.resolve() },
      log: new FakeLog(),
      clock: new FakeClock(),
      localAddresses: () => Promise.resolve([NODE_IP]),
    });
  }

  /** Rules in chains of ours, by table. */
  dumped(): { nat: number; filter: number } {
    const counts = { nat: 0, filter: 0 };
    let table: 'nat' | 'filter' = 'nat';
    for (const line of this.exec.dump('nft').split('\n')) {
      if (line.startsWith('*')) table = line === '*nat' ? 'nat' : 'filter';
      if (/^-A KUBE-(?!FIREWALL)/.test(line)) counts[table] += 1;
    }
    return counts;
  }
}

function countersOf(backend: IptablesBackend): FamilyCounters {
  const found = backend.counters.get('IPv4');
  if (found === undefined) throw new Error('no counters of IPv4');
  return found;
}

describe.each([
  ['a flat KUBE-SERVICES', 20],
  ['a tree', 300],
])('rules are counted exactly: %s', (_, services) => {
  test('after a first sync, a change, and a restart', async () => {
    const world = new World(services);
    const backend = await world.backend();
    const counters = countersOf(backend);
    await backend.sync(world.catalog.picture, undefined);
    expect(counters.rules).toEqual(world.dumped());
    const jumps = 12 + 2 + 1;
    expect(counters.written.nat + counters.written.filter).toBe(
      counters.rules.nat + counters.rules.filter + jumps,
    );

    world.catalog.remove(service('shop/s1', ''));
    world.catalog.upsert(slice('shop/s2', ['10.0.1.7']));
    world.catalog.upsert(slice('shop/s9', ['10.0.1.7']));
    await backend.sync(world.catalog.picture, world.catalog.publish());
    expect(counters.rules).toEqual(world.dumped());
    expect(counters.written.nat).toBeGreaterThan(0);
    expect(counters.written.nat).toBeLessThan(counters.rules.nat / 2);

    const again = await world.backend();
    await again.sync(world.catalog.picture, undefined);
    expect(countersOf(again)).toMatchObject({ restores: 0, rules: world.dumped() });
    expect(countersOf(again).written).toEqual({ nat: 0, filter: 0 });
  });
});

test.each([
  'line 3: RULE_APPEND failed (Cannot allocate memory): rule in chain X',
  "iptables-legacy-restore: error creating chain 'X':Memory allocation problem",
])('a restore that fails for want of memory is the fault of no rule: %s', async (stderr) => {
  const world = new World(5);
  const backend = await world.backend();
  world.exec.onRun = (argv) =>
    String(argv[0]).endsWith('-restore') ? { code: 4, stdout: '', stderr } : undefined;
  await expect(backend.sync(world.catalog.picture, undefined)).rejects.toThrow(/memory/i);
  expect(countersOf(backend).failures).toEqual({ locked: 0, exhausted: 1, refused: 0 });
});

test('failed restores are counted by kind, those of changes apart', async () => {
  const world = new World(5);
  const backend = await world.backend();
  const counters = countersOf(backend);
  let stderr = 'Another app is currently holding the xtables lock.';
  world.exec.onRun = (argv) =>
    String(argv[0]).endsWith('-restore') && stderr !== '' ? { code: 4, stdout: '', stderr } : undefined;
  await expect(backend.sync(world.catalog.picture, undefined)).rejects.toThrow('lock');
  stderr = '';
  await backend.sync(world.catalog.picture, undefined);
  stderr = 'line 3: RULE_APPEND failed (No space left on device)';
  world.catalog.upsert(slice('shop/s2', ['10.0.1.7']));
  await expect(backend.sync(world.catalog.picture, world.catalog.publish())).rejects.toThrow('space');
  expect(counters).toMatchObject({
    failures: { locked: 1, exhausted: 1, refused: 0 },
    partialFailures: 1,
    restores: 3,
  });
});

test('repairs are counted by reason', async () => {
  const world = new World(5);
  const backend = await world.backend();
  await backend.sync(world.catalog.picture, undefined);
  const [, sep = ''] = /:(KUBE-SEP-\S+)/.exec(world.exec.dump('nft')) ?? [];
  const lines = [
    ':KUBE-SVC-NOBODYS - [0:0]',
    ':KUBE-MARK-MASQ - [0:0]',
    `-A ${sep} -j RETURN`,
    '-D OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
  ];
  world.exec.load('nft', `*nat\n${lines.join('\n')}\nCOMMIT\n`);
  world.exec.load('nft', '*filter\n:KUBE-NODEPORTS - [0:0]\nCOMMIT\n');
  await backend.sync(world.catalog.picture, undefined);
  expect(countersOf(backend).repairs).toEqual({
    missing_chain: 0,
    changed_chain: 2,
    leftover_chain: 1,
    missing_jump: 1,
  });
});
