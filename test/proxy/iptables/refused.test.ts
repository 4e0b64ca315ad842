/** Objects that the kernel will not have, and rules that others removed. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Backend, SyncReport } from '../../../src/proxy/backend.ts';
import { createIptablesBackend } from '../../../src/proxy/iptables/backend.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeIptables, type FakeIptablesOptions } from '../../fake/iptables.ts';
import { send } from '../../fake/iptablesPacket.ts';
import { FakeLog } from '../../fake/log.ts';
import { loadedCatalog, NODE_IP, POD, proxySettings, service, slice } from '../cluster.ts';

/** No kernel refuses it; the fake is told to. */
const BAD = '10.0.66.6';
const LEGACY = { iptablesBackend: 'legacy', families: ['IPv4'] } as const;
const NFT = { iptablesBackend: 'nft', families: ['IPv4'] } as const;

class World {
  readonly exec: FakeIptables;
  readonly log = new FakeLog();
  readonly catalog = loadedCatalog(
    Array.from({ length: 20 }, (_, n) => [
      service(`shop/s${n}`, `10.96.0.${n + 1}`),
      slice(`shop/s${n}`, ['10.0.1.1']),
    ]).flat(),
  );

  constructor(options: FakeIptablesOptions = {}) {
    this.exec = new FakeIptables(options);
  }

  backend(settings: typeof LEGACY | typeof NFT = NFT): Promise<Backend> {
    return createIptablesBackend({
      settings: proxySettings(settings),
      exec: this.exec,
      sysctl: { read: () => Promise.resolve('1'), write: () => Promise.resolve() },
      log: this.log,
      clock: new FakeClock(),
      localAddresses: () => Promise.resolve([NODE_IP]),
    });
  }

  set(n: number, endpoint: string): ReturnType<World['catalog']['publish']> {
    this.catalog.upsert(slice(`shop/s${n}`, [endpoint]));
    return this.catalog.publish();
  }

  reached(n: number, variant: 'nft' | 'legacy'): string {
    const packet = { from: POD, to: `10.96.0.${n + 1}`, port: 80, local: [NODE_IP] };
    return send(this.exec.tables(variant), packet).endpoints.join(' ');
  }
}

const asideIn = ({ setAside }: SyncReport): string[] => setAside.map(({ object }) => object.name);

describe.each([
  ['nft', NFT],
  ['legacy', LEGACY],
] as const)('on %s, a Service that the kernel refuses', (variant, settings) => {
  let world: World;
  let backend: Backend;
  beforeEach(async () => {
    world = new World({ lacks: [BAD] });
    backend = await world.backend(settings);
  });

  test('is set aside at the first sync, and the others go in', async () => {
    world.set(3, BAD);
    world.set(17, BAD);
    const report = await backend.sync(world.catalog.picture, undefined);
    expect(report.setAside.map(({ object, message }) => `${object.name}: ${message}`).sort()).toEqual([
      expect.stringMatching(/^s17: not routed: iptables refuses its rules \(IPv4\): .*line \d+ failed/),
      expect.stringMatching(/^s3: not routed/),
    ]);
    for (const n of [0, 2, 4, 16, 18, 19]) expect(world.reached(n, variant)).toBe('10.0.1.1:80');
    expect(world.exec.dump(variant)).not.toContain('PROBE');
  });

  test('is set aside at a change, tried again when it changes, and routed when it is right', async () => {
    await backend.sync(world.catalog.picture, undefined);
    expect(asideIn(await backend.sync(world.catalog.picture, world.set(3, BAD)))).toEqual(['s3']);
    expect(world.reached(4, variant)).toBe('10.0.1.1:80');
    expect(asideIn(await backend.sync(world.catalog.picture, world.set(5, '10.0.1.9')))).toEqual(['s3']);
    expect(asideIn(await backend.sync(world.catalog.picture, world.set(3, '10.0.1.9')))).toEqual([]);
    expect(world.reached(3, variant)).toBe('10.0.1.9:80');
  });

  test('is tried again when everything is looked at', async () => {
    world.set(3, BAD);
    await backend.sync(world.catalog.picture, undefined);
    const restores = world.exec.restores.length;
    expect(asideIn(await backend.sync(world.catalog.picture, undefined))).toEqual(['s3']);
    expect(world.exec.restores.length).toBeGreaterThan(restores);
    expect(world.reached(4, variant)).toBe('10.0.1.1:80');
  });
});

test.each([
  [
    'the lock is held',
    4,
    'Another app is currently holding the xtables lock; waiting for it to exit...',
    /held the lock of iptables for 30 s/,
  ],
  [
    'the kernel is full',
    4,
    'line 3: RULE_APPEND failed (No space left on device)',
    /No space left on device/,
  ],
])('no object is blamed when %s', async (_, code, stderr, message) => {
  const world = new World();
  const backend = await world.backend();
  let restores = 0;
  world.exec.onRun = (argv) => {
    if (!String(argv[0]).endsWith('-restore')) return undefined;
    restores++;
    return { code, stdout: '', stderr };
  };
  await expect(backend.sync(world.catalog.picture, undefined)).rejects.toThrow(message);
  expect(restores).toBe(1);
  world.exec.onRun = () => undefined;
  expect(asideIn(await backend.sync(world.catalog.picture, undefined))).toEqual([]);
});

describe('looking at everything again', () => {
  let world: World;
  let backend: Backend;
  let right: string;
  beforeEach(async () => {
    world = new World();
    backend = await world.backend();
    await backend.sync(world.catalog.picture, undefined);
    right = world.exec.dump('nft');
    world.exec.restores.length = 0;
  });

  const look = (): Promise<SyncReport> => backend.sync(world.catalog.picture, undefined);

  test('writes and says nothing where all is well', async () => {
    expect(await look()).toMatchObject({ repairs: [], restores: 0, lacked: [] });
    expect(world.log.messages('warn')).toEqual([]);
  });

  test('repairs a flushed table, and only what is wrong', async () => {
    const table = world.exec.tables('nft').get('nat');
    for (const name of table?.chains.keys() ?? []) {
      if (table?.isBuiltIn(name) === true) table.chains.set(name, []);
      else table?.chains.delete(name);
    }
    const report = await look();
    expect(report.lacked).toEqual(['IPv4']);
    expect(report.repairs).toEqual(world.log.messages('warn'));
    expect(world.log.messages('warn')).toEqual([
      '44 chains and 3 jump rules were missing from nat (IPv4): written again',
    ]);
    expect(world.exec.restores.join('')).not.toContain('*filter');
    expect(world.exec.dump('nft')).toBe(right);
  });

  test.each([
    [
      'a rule more',
      '-I KUBE-SERVICES -j RETURN',
      '1 chain of nat (IPv4) held other rules: it was written again',
      ['IPv4'],
    ],
    [
      'a jump less',
      '-D OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
      '1 jump rule was missing from nat (IPv4): written again',
      ['IPv4'],
    ],
    ['a chain more', ':KUBE-SVC-NOBODYS - [0:0]', "1 chain of nat (IPv4) was nobody's: deleted", []],
  ])('repairs %s', async (_, line, message, lacked) => {
    world.exec.load('nft', `*nat\n${line}\nCOMMIT\n`);
    expect(await look()).toMatchObject({ repairs: [message], lacked });
    expect(world.log.messages('warn')).toEqual([message]);
    expect(world.exec.dump('nft')).toBe(right);
  });

  test('says what it repaired when somebody went on removing between the reading and the writing', async () => {
    world.exec.load('nft', '*nat\n-I KUBE-SERVICES -j RETURN\nCOMMIT\n');
    let writes = 0;
    world.exec.onRun = ([program]) => {
      if (!String(program).endsWith('-restore') || writes++ > 0) return undefined;
      return { code: 2, stdout: '', stderr: "Chain 'KUBE-NODEPORTS' does not exist" };
    };
    await expect(look()).rejects.toThrow("Chain 'KUBE-NODEPORTS' does not exist");
    const message = '1 chain of nat (IPv4) held other rules: it was written again';
    expect(await look()).toMatchObject({ repairs: [message] });
    expect(world.exec.dump('nft')).toBe(right);
  });
});

test('a new process says what it found', async () => {
  const world = new World();
  await (await world.backend()).sync(world.catalog.picture, undefined);
  world.exec.load('nft', '*nat\n:KUBE-XLB-OLD - [0:0]\n:KUBE-MARK-MASQ - [0:0]\nCOMMIT\n');
  expect(await (await world.backend()).sync(world.catalog.picture, undefined)).toMatchObject({ repairs: [] });
  expect(world.log.messages('info')).toEqual([
    'found rules of a Service proxy (IPv4): 48 chains kept, 1 rewritten, 1 that nothing needs deleted',
  ]);
});
