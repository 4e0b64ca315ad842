/**
 * Which programs are run, and how often: each is a process, and beside a large table one more of them can double what
 * a sync takes. A row that grows needs a reason.
 */
import { describe, expect, test } from 'vitest';
import { NO_CHANGES } from '../../../src/proxy/changes.ts';
import { createIptablesBackend, type IptablesBackend } from '../../../src/proxy/iptables/backend.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeIptables } from '../../fake/iptables.ts';
import { FakeLog } from '../../fake/log.ts';
import { loadedCatalog, NODE_IP, proxySettings, service, slice } from '../cluster.ts';

type Variant = 'nft' | 'legacy';

class World {
  readonly exec = new FakeIptables();
  readonly variant: Variant;
  readonly catalog = loadedCatalog(
    Array.from({ length: 30 }, (_, n) => [
      service(`shop/s${n}`, [`10.96.0.${n + 1}`, `fd00:96::${n + 1}`]),
      slice(`shop/s${n}`, ['10.0.1.1']),
      slice(`shop/s${n}`, ['fd00:10::1'], { name: `s${n}-6`, addressType: 'IPv6' }),
    ]).flat(),
  );
  #run: string[] = [];

  constructor(variant: Variant) {
    this.variant = variant;
    this.exec.onRun = (argv) => {
      this.#run.push(argv.join(' '));
      return undefined;
    };
  }

  backend(): Promise<IptablesBackend> {
    return createIptablesBackend({
      settings: proxySettings({ iptablesBackend: this.variant }),
      exec: this.exec,
      sysctl: { read: () => Promise.resolve('1'), write: () => Promise.resolve() },
      log: new FakeLog(),
      clock: new FakeClock(),
      localAddresses: () => Promise.resolve([NODE_IP]),
    });
  }

  async started(): Promise<IptablesBackend> {
    const backend = await this.backend();
    await backend.sync(this.catalog.picture, undefined);
    this.#run = [];
    return backend;
  }

  /** Command lines since the last call, `V` for the variant. Families run side by side, in any order. */
  run(): string[] {
    const lines = this.#run.map((line) => line.replaceAll(`-${this.variant}`, '-V')).sort();
    this.#run = [];
    return lines;
  }
}

const SAVE = ['ip6tables-V-save', 'iptables-V-save'];
const RESTORE = ['ip6tables-V-restore -w 30 --noflush', 'iptables-V-restore -w 30 --noflush'];
/** What kube-proxy left in its other modes is looked for once. */
const OTHER_MODES = [
  'ip link show kube-ipvs0',
  'nft list table ip kube-proxy',
  'nft list table ip6 kube-proxy',
];

describe.each(['nft', 'legacy'] as const)('on %s', (variant) => {
  test('at start: which programs there are, and a look at each family', async () => {
    const world = new World(variant);
    await world.backend();
    expect(world.run()).toEqual(
      [
        'ip6tables-V -w 30 -t nat -S POSTROUTING',
        'iptables-V -w 30 -t nat -S POSTROUTING',
        `iptables-${variant === 'nft' ? 'legacy' : 'nft'} --version`,
        'iptables-V --version',
      ].sort(),
    );
  });

  test('a first sync: one dump and one restore a family', async () => {
    const world = new World(variant);
    const backend = await world.backend();
    world.run();
    await backend.sync(world.catalog.picture, undefined);
    expect(world.run()).toEqual([...SAVE, ...RESTORE, ...OTHER_MODES].sort());
  });

  test('nothing changed that routing reads: nothing', async () => {
    const world = new World(variant);
    const backend = await world.started();
    await backend.sync(world.catalog.picture, NO_CHANGES);
    expect(world.run()).toEqual([]);
  });

  test('one change of one family: one restore', async () => {
    const world = new World(variant);
    const backend = await world.started();
    world.catalog.upsert(slice('shop/s7', ['10.0.1.9']));
    await backend.sync(world.catalog.picture, world.catalog.publish());
    expect(world.run()).toEqual(['iptables-V-restore -w 30 --noflush']);
  });

  test('a Service comes, one goes, and one loses its endpoints: still one restore a family', async () => {
    const world = new World(variant);
    const backend = await world.started();
    world.catalog.upsert(service('shop/new', ['10.96.1.1', 'fd00:96:1::1']));
    world.catalog.remove(service('shop/s1', ''));
    world.catalog.remove(slice('shop/s2', []));
    await backend.sync(world.catalog.picture, world.catalog.publish());
    expect(world.run()).toEqual(RESTORE);
  });

  test('everything looked at, all in place: one dump a family', async () => {
    const world = new World(variant);
    const backend = await world.started();
    await backend.sync(world.catalog.picture, undefined);
    expect(world.run()).toEqual(SAVE);
  });

  test('connections counted: two dumps a family, and none that soon again', async () => {
    const world = new World(variant);
    const backend = await world.started();
    await backend.connections.refresh();
    await backend.connections.refresh();
    expect(world.run()).toEqual([
      'ip6tables-V-save -c -t filter',
      'ip6tables-V-save -c -t nat',
      'iptables-V-save -c -t filter',
      'iptables-V-save -c -t nat',
    ]);
  });
});
