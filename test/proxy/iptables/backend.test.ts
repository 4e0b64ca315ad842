import { beforeEach, describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/proxy/backend.ts';
import { createIptablesBackend } from '../../../src/proxy/iptables/backend.ts';
import { renderRuleset } from '../../../src/proxy/iptables/render.ts';
import type { ProxySettings } from '../../../src/proxy/settings.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeIptables, type FakeIptablesOptions } from '../../fake/iptables.ts';
import { send } from '../../fake/iptablesPacket.ts';
import { FakeLog } from '../../fake/log.ts';
import { here, loadedCatalog, NODE_IP, OUTSIDE, POD, proxySettings, service, slice } from '../cluster.ts';

class Sysctls {
  readonly values = new Map([['net.ipv4.conf.all.route_localnet', '0']]);
  read(name: string): Promise<string | undefined> {
    return Promise.resolve(this.values.get(name));
  }
  write(name: string, value: string): Promise<void> {
    this.values.set(name, value);
    return Promise.resolve();
  }
}

/** A node with fake iptables, and two Services. */
class World {
  readonly log = new FakeLog();
  readonly sysctl = new Sysctls();
  readonly catalog = loadedCatalog([
    service('shop/web', ['10.96.0.1', 'fd00:96::1'], { affinitySeconds: 60 }),
    slice('shop/web', ['10.0.1.1', '10.0.1.2']),
    slice('shop/web', ['fd00:10::1'], { name: 'web-6', addressType: 'IPv6' }),
    service('shop/db', ['10.96.0.2']),
  ]);
  readonly exec: FakeIptables;
  local: readonly string[] = [NODE_IP, '192.168.1.2', '127.0.0.1'];

  constructor(options: FakeIptablesOptions = {}) {
    this.exec = new FakeIptables(options);
  }

  backend(settings: Partial<ProxySettings> = {}): Promise<Backend> {
    return createIptablesBackend({
      settings: proxySettings(settings),
      exec: this.exec,
      sysctl: this.sysctl,
      log: this.log,
      clock: new FakeClock(),
      localAddresses: () => Promise.resolve(this.local),
    });
  }

  /** Where a pod's connection to `shop/web` ends up. */
  web(): readonly string[] {
    const packet = { from: POD, to: '10.96.0.1', port: 80, local: [NODE_IP] };
    return send(this.exec.tables('nft'), packet).endpoints;
  }
}

const ONE_FAMILY = { families: ['IPv4'] } as const;
const ENDPOINTS = ['10.0.1.1:80', '10.0.1.2:80'];

describe('a first sync', () => {
  test('programs both families, and says what it did', async () => {
    const world = new World();
    const report = await (await world.backend()).sync(world.catalog.picture, undefined);
    expect(report).toMatchObject({ services: 2, restores: 2, setAside: [] });
    expect(world.web()).toEqual(ENDPOINTS);
    expect(world.exec.dump('nft', true)).toContain('[fd00:10::1]:80');
    expect(world.exec.dump('legacy')).toBe('');
  });

  test.each(['IPv4', 'IPv6'] as const)('gives an empty node what render prints: %s', async (family) => {
    const world = new World();
    await (await world.backend()).sync(world.catalog.picture, undefined);
    const rendered = new FakeIptables();
    const v6 = family === 'IPv6';
    rendered.load('nft', renderRuleset(world.catalog.picture, proxySettings(), family, []), v6);
    expect(world.exec.dump('nft', v6)).toBe(rendered.dump('nft', v6));
  });

  test('opens localhost NodePorts only once their shield is up', async () => {
    const world = new World();
    const backend = await world.backend();
    world.exec.onRun = (argv) => {
      if (String(argv[0]).endsWith('-restore'))
        expect(world.sysctl.values.get('net.ipv4.conf.all.route_localnet')).toBe('0');
      return undefined;
    };
    await backend.sync(world.catalog.picture, undefined);
    expect(world.sysctl.values.get('net.ipv4.conf.all.route_localnet')).toBe('1');
    expect(world.exec.dump('nft')).toContain('block incoming localnet connections');
  });

  test('leaves out the INVALID drop where the kernel is to be liberal', async () => {
    const world = new World();
    world.sysctl.values.set('net.netfilter.nf_conntrack_tcp_be_liberal', '1');
    await (await world.backend()).sync(world.catalog.picture, undefined);
    expect(world.exec.dump('nft')).not.toContain('INVALID');
  });
});

describe('a sync of changes', () => {
  let world: World;
  let backend: Backend;
  beforeEach(async () => {
    world = new World();
    backend = await world.backend(ONE_FAMILY);
    await backend.sync(world.catalog.picture, undefined);
    world.exec.restores.length = 0;
  });

  const change = async (): Promise<string> => {
    await backend.sync(world.catalog.picture, world.catalog.publish());
    return world.exec.restores.splice(0).join('---\n');
  };

  test('writes only the chains of the Service that changed', async () => {
    world.catalog.upsert(slice('shop/web', ['10.0.1.1', '10.0.1.3']));
    const input = await change();
    const declared = [...input.matchAll(/^:(\S+)/gm)].map(([, name]) => String(name).slice(0, 9));
    expect(declared.sort()).toEqual(['KUBE-SEP-', 'KUBE-SEP-', 'KUBE-SVC-']);
    expect(input.match(/^-X KUBE-SEP-/gm)).toHaveLength(1);
    expect(world.web()).toEqual(['10.0.1.1:80', '10.0.1.3:80']);
  });

  test('writes nothing when nothing that routing reads is different', async () => {
    world.catalog.upsert(slice('shop/web', [here('10.0.1.1'), '10.0.1.2']));
    expect(await change()).toBe('');
  });

  test('never leaves an address without a rule when its first endpoint comes or its last one goes', async () => {
    const met = (): string => {
      const verdict = send(world.exec.tables('nft'), {
        from: POD,
        to: '10.96.0.2',
        port: 80,
        local: [NODE_IP],
      });
      return verdict.refused ?? verdict.endpoints.join();
    };
    const seen: string[] = [met()];
    world.exec.onCommit = () => seen.push(met());
    world.catalog.upsert(slice('shop/db', ['10.0.2.1']));
    await change();
    world.catalog.remove(slice('shop/db', []));
    await change();
    expect(seen).toEqual(['REJECT', '10.0.2.1:80', '10.0.2.1:80', '10.0.2.1:80', 'REJECT']);
  });

  test('follows the node: a new local address takes NodePorts when they are restricted', async () => {
    const restricted = new World();
    const range = [
      { family: 'IPv4', text: '192.168.0.0/16', bits: 16, bytes: Uint8Array.of(192, 168, 0, 0) },
    ] as const;
    const routes = await restricted.backend({ ...ONE_FAMILY, nodePortAddresses: range });
    await routes.sync(restricted.catalog.picture, undefined);
    expect(restricted.exec.dump('nft')).toContain('-d 192.168.1.2/32 -m comment');
    restricted.local = [NODE_IP];
    restricted.catalog.upsert(slice('shop/web', ['10.0.1.9']));
    await routes.sync(restricted.catalog.picture, restricted.catalog.publish());
    expect(restricted.exec.dump('nft')).not.toContain('-d 192.168.1.2/32 -m comment');
  });

  test('takes the comments away from all endpoints when there are a thousand, and gives them back', async () => {
    const small = world.exec.dump('nft');
    const crowd = slice(
      'shop/db',
      Array.from({ length: 1000 }, (_, n) => `10.1.${n >> 8}.${n & 255}`),
    );
    world.catalog.upsert(crowd);
    await change();
    expect(world.exec.dump('nft')).not.toContain('shop/web:p80 ->');
    world.catalog.remove(crowd);
    await change();
    expect(world.exec.dump('nft')).toBe(small);
  });
});

describe('a new process', () => {
  let world: World;
  beforeEach(async () => {
    world = new World();
    await (await world.backend()).sync(world.catalog.picture, undefined);
    world.exec.restores.length = 0;
  });

  test('adopts what is there', async () => {
    const before = world.exec.dump('nft');
    const report = await (await world.backend()).sync(world.catalog.picture, undefined);
    expect(report).toMatchObject({ services: 0, restores: 0 });
    expect(world.exec.dump('nft')).toBe(before);
  });

  test('replaces what differs, and removes what is nobody’s any more', async () => {
    const right = world.exec.dump('nft');
    const [, web = ''] = /:(KUBE-SVC-\S+)/.exec(right) ?? [];
    world.exec.load(
      'nft',
      [
        '*nat',
        ':KUBE-SVC-GONE - [0:0]',
        ':KUBE-SEP-GONE - [0:0]',
        ':KUBE-XLB-GONE - [0:0]',
        '-A KUBE-SVC-GONE -j KUBE-SEP-GONE',
        '-A KUBE-XLB-GONE -j KUBE-SVC-GONE',
        `-A ${web} -j KUBE-SEP-GONE`,
        '-A KUBE-SERVICES -d 10.96.9.9 -j KUBE-SVC-GONE',
        'COMMIT\n',
      ].join('\n'),
    );
    expect(world.exec.dump('nft')).not.toBe(right);
    await (await world.backend()).sync(world.catalog.picture, undefined);
    expect(world.exec.dump('nft')).toBe(right);
  });

  test('puts back a jump that is missing, and moves none that is there', async () => {
    world.exec.load(
      'nft',
      '*nat\n-I PREROUTING -s 192.0.2.1 -j ACCEPT\n-D OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES\nCOMMIT\n',
    );
    await (await world.backend()).sync(world.catalog.picture, undefined);
    const dump = world.exec.dump('nft');
    expect(dump.match(/^-A PREROUTING .*/gm)).toEqual([
      '-A PREROUTING -s 192.0.2.1/32 -j ACCEPT',
      '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    ]);
    expect(dump.match(/^-A OUTPUT .*KUBE-SERVICES/gm)).toHaveLength(2);
  });

  test('does not touch rules of others, and leaves them no jump into nothing', async () => {
    const foreign = [
      '-A CNI -p tcp -m tcp --dport 7 -j KUBE-SVC-THEIRS',
      '-A CNI -j KUBE-MARK-MASQ',
      '-A PREROUTING -j CNI',
    ];
    world.exec.load(
      'nft',
      [
        '*nat',
        ':CNI - [0:0]',
        ':KUBE-SVC-THEIRS - [0:0]',
        ':KUBE-SEP-THEIRS - [0:0]',
        '-A KUBE-SVC-THEIRS -j KUBE-SEP-THEIRS',
        ...foreign,
        'COMMIT\n',
      ].join('\n'),
    );
    await (await world.backend()).sync(world.catalog.picture, undefined);
    const lines = world.exec.dump('nft').split('\n');
    expect(lines).toEqual(expect.arrayContaining(foreign));
    expect(lines).toContain(':KUBE-SVC-THEIRS - [0:0]');
    expect(lines.some((line) => line.includes('KUBE-SEP-THEIRS'))).toBe(false);
  });

  test('keeps every Service reachable while it takes over another layout', async () => {
    const seen: string[] = [];
    world.exec.onCommit = () => seen.push(world.web().join(' '));
    world.catalog.upsert(service('shop/new', '10.96.0.3'));
    world.catalog.upsert(slice('shop/new', ['10.0.3.1']));
    world.catalog.remove(service('shop/db', ''));
    world.catalog.publish();
    await (await world.backend({ masqueradeBit: 15, masqueradeAll: true })).sync(
      world.catalog.picture,
      undefined,
    );
    expect(seen.length).toBeGreaterThan(1);
    expect(new Set(seen.map((text) => text.replaceAll(' m', '')))).toEqual(new Set([ENDPOINTS.join(' ')]));
  });

  test('refuses without a pause what was refused before, even where the refusals are rewritten', async () => {
    const refused = (): string | undefined =>
      send(world.exec.tables('nft'), { from: POD, to: '10.96.0.2', port: 80, local: [NODE_IP] }).refused;
    world.catalog.upsert(service('shop/also', '10.96.0.9'));
    world.catalog.publish();
    world.exec.onCommit = () => expect(refused()).toBe('REJECT');
    await (await world.backend()).sync(world.catalog.picture, undefined);
    expect(world.exec.restores.length).toBeGreaterThan(0);
  });
});

test('a new process finds endpoints gone: their address is refused before it is no longer rewritten', async () => {
  const world = new World();
  world.catalog.upsert(slice('shop/db', ['10.0.2.1']));
  world.catalog.publish();
  await (await world.backend(ONE_FAMILY)).sync(world.catalog.picture, undefined);
  const met = (): string => {
    const verdict = send(world.exec.tables('nft'), {
      from: POD,
      to: '10.96.0.2',
      port: 80,
      local: [NODE_IP],
    });
    return verdict.refused ?? verdict.endpoints.join();
  };
  const seen = [met()];
  world.exec.onCommit = () => seen.push(met());
  world.catalog.remove(slice('shop/db', []));
  world.catalog.publish();
  await (await world.backend(ONE_FAMILY)).sync(world.catalog.picture, undefined);
  expect(seen).toEqual(['10.0.2.1:80', '10.0.2.1:80', 'REJECT', 'REJECT']);
});

describe('when iptables refuses', () => {
  test('the error names program, reason and line, and the next sync starts from what the kernel has', async () => {
    const world = new World();
    const backend = await world.backend(ONE_FAMILY);
    await backend.sync(world.catalog.picture, undefined);
    world.catalog.upsert(slice('shop/web', ['10.0.1.7']));
    const changes = world.catalog.publish();
    let fail = true;
    world.exec.onRun = (argv) => {
      if (!fail || !String(argv[0]).endsWith('-restore')) return undefined;
      return {
        code: 4,
        stdout: '',
        stderr:
          'iptables-restore v1.8.9 (nf_tables): \nline 3: RULE_APPEND failed (No space left on device)\n',
      };
    };
    await expect(backend.sync(world.catalog.picture, changes)).rejects.toThrow(
      /^iptables-nft-restore exits with 4: .*No space left on device.* \(line 3: :KUBE-SVC-\w+ - \[0:0\]\)$/,
    );
    expect(world.web()).toEqual(ENDPOINTS);

    fail = false;
    // Somebody else meddles meanwhile: only a look at the kernel can tell.
    world.exec.load('nft', '*nat\n:KUBE-MARK-MASQ - [0:0]\nCOMMIT\n');
    await backend.sync(world.catalog.picture, { ...EMPTY });
    expect(world.web()).toEqual(['10.0.1.7:80']);
    expect(world.exec.dump('nft')).toContain('-A KUBE-MARK-MASQ -j MARK');
  });

  test('one family, the other is programmed all the same', async () => {
    const world = new World();
    const backend = await world.backend();
    world.exec.onRun = (argv) =>
      argv[0] === 'ip6tables-nft-restore' ? { code: 1, stdout: '', stderr: 'no' } : undefined;
    const { byFamily, failing } = await backend.sync(world.catalog.picture, undefined);
    expect(byFamily).toMatchObject([{ family: 'IPv4' }]);
    expect(failing).toMatchObject([{ family: 'IPv6', retryMs: 500 }]);
    expect(failing?.[0]?.error.message).toBe('ip6tables-nft-restore exits with 1: no');
    expect(world.web()).toEqual(ENDPOINTS);
  });

  test.each(['nft', 'legacy'] as const)(
    'a missing match, Services are routed without it: %s',
    async (variant) => {
      const world = new World({ lacks: ['-m recent'] });
      const report = await (await world.backend({ iptablesBackend: variant })).sync(
        world.catalog.picture,
        undefined,
      );
      expect(report.setAside).toEqual([
        {
          object: { kind: 'Service', namespace: 'shop', name: 'web' },
          field: 'spec.sessionAffinity',
          message: 'routed without affinity: the kernel has no xt_recent',
          reason: 'AffinityUnsupported',
        },
      ]);
      expect(world.log.messages('warn')).toContain(
        'the kernel refuses match "recent": sessionAffinity has no effect',
      );
      expect(world.exec.dump(variant)).toContain('--to-destination 10.0.1.1:80');
      expect(world.exec.dump(variant)).not.toContain('PROBE');
    },
  );

  test('--random-fully, it masquerades without', async () => {
    const world = new World({ lacks: ['--random-fully'] });
    await (await world.backend()).sync(world.catalog.picture, undefined);
    expect(world.exec.dump('nft')).toMatch(/-j MASQUERADE$/m);
  });

  test('long inputs, as it does a root of a user namespace, it writes shorter ones', async () => {
    const world = new World({ mostLines: 70 });
    for (let n = 0; n < 60; n++) {
      world.catalog.upsert(service(`many/s${n}`, `10.96.7.${n}`));
      world.catalog.upsert(slice(`many/s${n}`, ['10.0.5.1', '10.0.5.2']));
    }
    world.catalog.publish();
    await (await world.backend()).sync(world.catalog.picture, undefined);
    const reached = send(world.exec.tables('nft'), {
      from: POD,
      to: '10.96.7.59',
      port: 80,
      local: [NODE_IP],
    });
    expect(reached.endpoints).toEqual(['10.0.5.1:80', '10.0.5.2:80']);
  });
});

const EMPTY = {
  services: new Set<string>(),
  namespaces: new Set<string>(),
  node: false,
  pods: new Set<string>(),
  problems: new Set<string>(),
  synced: false,
};

describe('restores', () => {
  const crowded = (): World => {
    const world = new World();
    for (let n = 0; n < 400; n++) {
      world.catalog.upsert(service(`many/s${n}`, `10.96.${8 + (n >> 8)}.${n & 255}`));
      world.catalog.upsert(slice(`many/s${n}`, ['10.0.5.1', '10.0.5.2', '10.0.5.3']));
    }
    world.catalog.publish();
    return world;
  };

  test('are several on nft, and one on legacy', async () => {
    const nft = crowded();
    expect(
      (await (await nft.backend(ONE_FAMILY)).sync(nft.catalog.picture, undefined)).restores,
    ).toBeGreaterThan(1);
    const legacy = crowded();
    const backend = await legacy.backend({ ...ONE_FAMILY, iptablesBackend: 'legacy' });
    expect((await backend.sync(legacy.catalog.picture, undefined)).restores).toBe(1);
    expect(legacy.exec.dump('legacy')).toBe(nft.exec.dump('nft'));
  });

  test('hook nothing into the kernel before everything is there', async () => {
    const world = crowded();
    const seen: string[] = [];
    world.exec.onCommit = () => {
      const { endpoints } = send(world.exec.tables('nft'), {
        from: OUTSIDE,
        to: '10.96.9.1',
        port: 80,
        local: [NODE_IP],
      });
      seen.push(endpoints.join(' '));
    };
    await (await world.backend(ONE_FAMILY)).sync(world.catalog.picture, undefined);
    const first = seen.findIndex((text) => text !== '');
    expect(first).toBeGreaterThan(0);
    expect(new Set(seen.slice(first)).size).toBe(1);
  });
});

test('describes itself', async () => {
  const world = new World();
  const backend = await world.backend();
  await backend.sync(world.catalog.picture, undefined);
  expect(backend.describe()).toEqual({
    variant: 'nf_tables',
    families: ['IPv4', 'IPv6'],
    services: 2,
    rules: 33,
  });
});
