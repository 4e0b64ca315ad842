import { describe, expect, test } from 'vitest';
import type { HttpAnswer, ListenHttp } from '../../../src/host/httpListener.ts';
import { describeProblem } from '../../../src/kube/problem.ts';
import type { ServiceRecord } from '../../../src/kube/records.ts';
import { NO_CHANGES } from '../../../src/proxy/changes.ts';
import { HealthPorts, type HealthPortsOptions } from '../../../src/proxy/health/healthPorts.ts';
import { nodeRecord } from '../../support/records.ts';
import { cidr, here, loadedCatalog, NODE, NODE_IP, service, slice } from '../cluster.ts';

const LOCAL = [NODE_IP, '192.168.1.2', '127.0.0.1', 'fd00:192::2'];
const REPORT = { services: 0, restores: 0, milliseconds: 0, setAside: [], byFamily: [] };

/** Sockets of one machine, where a port can be somebody else's. */
class Sockets {
  readonly open = new Map<string, () => HttpAnswer>();
  readonly told: string[] = [];
  readonly taken = new Set<number>();

  readonly listen: ListenHttp = async (address, port, answer) => {
    const at = `${address} ${port}`;
    if (this.taken.has(port) || this.open.has(at)) {
      throw new Error(`listen EADDRINUSE: address already in use ${address}:${port}`);
    }
    this.open.set(at, answer);
    this.told.push(`open ${at}`);
    return {
      port,
      close: async () => {
        this.open.delete(at);
        this.told.push(`close ${at}`);
      },
    };
  };
}

function balanced(key: string, n: number, fields: Partial<ServiceRecord> = {}): ServiceRecord {
  return service(key, [`172.30.0.${n}`, `fd00:172::${n}`], {
    type: 'LoadBalancer',
    externalTrafficLocal: true,
    healthCheckNodePort: 30_000 + n,
    ...fields,
  });
}

function setUp(options: Partial<HealthPortsOptions> = {}) {
  const sockets = new Sockets();
  const catalog = loadedCatalog([]);
  const world = { local: LOCAL, healthy: true, settled: 0 };
  const ports = new HealthPorts({
    listen: sockets.listen,
    nodePortAddresses: [],
    localAddresses: async () => world.local,
    families: () => ['IPv4', 'IPv6'],
    proxyHealthy: () => world.healthy,
    ...options,
  });
  ports.onSettled(() => {
    world.settled += 1;
  });
  return {
    ports,
    sockets,
    catalog,
    world,
    /** A successful sync of what the catalog was told since; `full` of all. */
    sync: async (full = false) => {
      const changes = catalog.publish() ?? NO_CHANGES;
      ports.synced(REPORT, full, { picture: catalog.picture, changes: full ? undefined : changes });
      await new Promise(setImmediate);
    },
    at: () => [...sockets.open.keys()].sort(),
    ask: (at: string) => sockets.open.get(at)?.(),
    problems: () => ports.problems.map(describeProblem),
  };
}

describe('addresses', () => {
  test.each<readonly [string, HealthPortsOptions['nodePortAddresses'], readonly string[]]>([
    ['all, each family for itself', [], ['0.0.0.0', '::']],
    [
      'those allowed; a family without a range is free',
      [cidr('192.168.0.0/16')],
      ['192.168.0.2', '192.168.1.2', '::'],
    ],
    ['loopback where it alone is allowed', [cidr('127.0.0.0/8')], ['127.0.0.1', '::']],
    ['primary', 'primary', ['192.168.0.2', 'fd00:192::2']],
    ['none that is here', [cidr('10.9.0.0/16'), cidr('fd09::/16')], []],
  ])('%s', async (_, nodePortAddresses, addresses) => {
    const { catalog, sync, at } = setUp({ nodePortAddresses });
    catalog.upsert(nodeRecord(NODE, { addresses: [NODE_IP, 'fd00:192::2', '192.168.1.2'] }));
    catalog.upsert(balanced('shop/web', 1));
    await sync();
    expect(at()).toEqual(addresses.map((address) => `${address} 30001`));
  });

  test('an address that comes later is listened on after the next sync', async () => {
    const { catalog, sync, at, world } = setUp({
      nodePortAddresses: [cidr('192.168.0.0/16'), cidr('fd09::/16')],
    });
    world.local = [NODE_IP];
    catalog.upsert(balanced('shop/web', 1));
    await sync();
    expect(at()).toEqual(['192.168.0.2 30001']);
    world.local = LOCAL;
    await sync();
    expect(at()).toEqual(['192.168.0.2 30001', '192.168.1.2 30001']);
  });
});

test('what is answered follows the syncs, and the health of the proxy at once', async () => {
  const { catalog, sync, ask, world } = setUp();
  catalog.upsert(balanced('shop/web', 1));
  await sync();
  expect(ask('0.0.0.0 30001')).toMatchObject({ status: 503 });

  catalog.upsert(slice('shop/web', [here('10.0.1.1'), here('10.0.1.2')]));
  catalog.publish();
  expect(ask('0.0.0.0 30001')).toMatchObject({ status: 503 });
  catalog.upsert(slice('shop/web', [here('10.0.1.1'), here('10.0.1.2'), here('10.0.1.3')]));
  await sync();
  expect(ask('0.0.0.0 30001')).toMatchObject({
    status: 200,
    headers: { 'X-Load-Balancing-Endpoint-Weight': '3' },
  });
  expect(ask(':: 30001')).toMatchObject({ status: 503 });

  world.healthy = false;
  expect(ask('0.0.0.0 30001')).toMatchObject({
    status: 503,
    headers: { 'X-Load-Balancing-Endpoint-Weight': '3' },
  });
});

test('a Service that did not change keeps its listener; one whose port changes closes, then opens', async () => {
  const { catalog, sync, sockets, at } = setUp({ families: () => ['IPv4'] });
  catalog.upsert(balanced('shop/web', 1));
  catalog.upsert(balanced('shop/db', 2));
  await sync();
  sockets.told.length = 0;

  catalog.upsert(balanced('shop/web', 1, { healthCheckNodePort: 30_009 }));
  await sync();
  expect(sockets.told).toEqual(['close 0.0.0.0 30001', 'open 0.0.0.0 30009']);

  // Ports that two Services swap are both free in between.
  sockets.told.length = 0;
  catalog.upsert(balanced('shop/web', 1, { healthCheckNodePort: 30_002 }));
  catalog.upsert(balanced('shop/db', 2, { healthCheckNodePort: 30_009 }));
  await sync();
  expect(sockets.told.toSorted()).toEqual([
    'close 0.0.0.0 30002',
    'close 0.0.0.0 30009',
    'open 0.0.0.0 30002',
    'open 0.0.0.0 30009',
  ]);

  sockets.told.length = 0;
  await sync(true);
  expect(sockets.told).toEqual([]);
  catalog.upsert(balanced('shop/web', 1, { externalTrafficLocal: false }));
  catalog.remove({ kind: 'Service', namespace: 'shop', name: 'db' });
  await sync();
  expect(at()).toEqual([]);
});

test('a full sync forgets Services that are gone', async () => {
  const { catalog, sync, at } = setUp({ families: () => ['IPv4'] });
  catalog.upsert(balanced('shop/web', 1));
  await sync();
  catalog.remove({ kind: 'Service', namespace: 'shop', name: 'web' });
  catalog.publish();
  await sync(true);
  expect(at()).toEqual([]);
});

test("somebody else's port is a problem of its Service alone, tried again after each sync", async () => {
  const { catalog, sync, sockets, at, problems, world } = setUp({ families: () => ['IPv4'] });
  sockets.taken.add(30_001);
  catalog.upsert(balanced('shop/web', 1));
  catalog.upsert(balanced('shop/db', 2));
  await sync();
  expect(at()).toEqual(['0.0.0.0 30002']);
  expect(problems()).toEqual([
    'Service shop/web: spec.healthCheckNodePort: load balancers cannot check this node: listen EADDRINUSE: address already in use 0.0.0.0:30001',
  ]);
  expect(world.settled).toBe(1);

  sockets.taken.clear();
  await sync();
  expect(at()).toEqual(['0.0.0.0 30001', '0.0.0.0 30002']);
  expect(problems()).toEqual([]);
});

test('stopping closes all, and a sync that ends later opens none', async () => {
  const { catalog, sync, ports, at } = setUp();
  catalog.upsert(balanced('shop/web', 1));
  await sync();
  await ports.stop();
  expect(at()).toEqual([]);
  await sync(true);
  expect(at()).toEqual([]);
});
