import { expect, test } from 'vitest';
import type { Catalog } from '../../../src/catalog/catalog.ts';
import {
  endpointRecord,
  namespaceRecord,
  portRecord,
  serviceRecord,
  sliceRecord,
} from '../../support/records.ts';
import { askUdp, makeQuery } from '../support/ask.ts';
import { catalogOf } from '../support/cluster.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { type Shown, show } from '../support/show.ts';

const web = serviceRecord('shop/web', { clusterIPs: ['10.0.0.1'] });
const slice = sliceRecord('shop/web-a', { endpoints: [endpointRecord('10.1.0.1')] });

function shop(): Catalog {
  return catalogOf([namespaceRecord('shop'), web, slice]);
}

async function ask(server: TestServer, name: string, type = 'A'): Promise<Shown> {
  return show(await askUdp(server.address, makeQuery(name, type)));
}

/** The zone's serial, in seconds after the fake clock's epoch. */
async function serial(server: TestServer): Promise<number> {
  const [soa = ''] = (await ask(server, 'cluster.local', 'SOA')).answers;
  return Number(soa.split(' ')[5]) - server.clock.epoch / 1000;
}

test('A12 a created Service resolves at once, and a deleted one is gone at once, whatever was asked before', async () => {
  const catalog = shop();
  await using server = await startServer(catalog.picture);
  const names = [
    ['new.shop.svc.cluster.local', 'A'],
    ['_http._tcp.new.shop.svc.cluster.local', 'SRV'],
    ['9.0.0.10.in-addr.arpa', 'PTR'],
    ['10-1-0-9.new.shop.svc.cluster.local', 'A'],
    ['9.0.1.10.in-addr.arpa', 'PTR'],
  ] as const;
  const rcodes = async (): Promise<Set<string>> =>
    new Set(await Promise.all(names.map(async ([name, type]) => (await ask(server, name, type)).rcode)));
  expect(await rcodes()).toEqual(new Set(['NXDOMAIN']));
  for (let round = 0; round < 3; round++) {
    catalog.upsert(serviceRecord('shop/new', { clusterIPs: ['10.0.0.9'] }));
    catalog.upsert(sliceRecord('shop/new-a', { endpoints: [endpointRecord('10.1.0.9')] }));
    server.dns.update(catalog.picture, catalog.publish());
    expect(await rcodes()).toEqual(new Set(['NOERROR']));
    catalog.remove({ kind: 'Service', namespace: 'shop', name: 'new' });
    server.dns.update(catalog.picture, catalog.publish());
    expect(await rcodes()).toEqual(new Set(['NXDOMAIN']));
  }
});

test('a change of one Service leaves the kept answers of others in place', async () => {
  const catalog = shop();
  catalog.upsert(serviceRecord('shop/api', { clusterIPs: ['10.0.0.2'] }));
  await using server = await startServer(catalog.picture);
  server.dns.update(catalog.picture, catalog.publish());
  await ask(server, 'web.shop.svc.cluster.local');
  await ask(server, 'api.shop.svc.cluster.local');
  expect(server.dns.state().names).toBe(2);
  catalog.upsert(serviceRecord('shop/api', { clusterIPs: ['10.0.0.3'] }));
  server.dns.update(catalog.picture, catalog.publish());
  expect((await ask(server, 'api.shop.svc.cluster.local')).answers).toEqual([
    'api.shop.svc.cluster.local. 5 A 10.0.0.3',
  ]);
  expect((await ask(server, 'web.shop.svc.cluster.local')).answers).toEqual([
    'web.shop.svc.cluster.local. 5 A 10.0.0.1',
  ]);
  expect((await ask(server, '2.0.0.10.in-addr.arpa', 'PTR')).rcode).toBe('NXDOMAIN');
});

test('E07 an ExternalName becomes another one, and then a Service with an address', async () => {
  const external = (name: string) =>
    serviceRecord('shop/ext', { type: 'ExternalName', externalName: name, ports: [] });
  const catalog = shop();
  await using server = await startServer(catalog.picture);
  const answers = async (): Promise<readonly string[]> =>
    (await ask(server, 'ext.shop.svc.cluster.local', 'A')).answers;
  catalog.upsert(external('foo.example.com'));
  server.dns.update(catalog.picture, catalog.publish());
  expect(await answers()).toEqual(['ext.shop.svc.cluster.local. 5 CNAME foo.example.com.']);
  catalog.upsert(external('bar.example.com'));
  server.dns.update(catalog.picture, catalog.publish());
  expect(await answers()).toEqual(['ext.shop.svc.cluster.local. 5 CNAME bar.example.com.']);
  catalog.upsert(serviceRecord('shop/ext', { clusterIPs: ['10.0.0.8'] }));
  server.dns.update(catalog.picture, catalog.publish());
  expect(await answers()).toEqual(['ext.shop.svc.cluster.local. 5 A 10.0.0.8']);
});

test('an address that moves from one Service to another is named after its new one', async () => {
  const catalog = shop();
  await using server = await startServer(catalog.picture);
  const pointer = async (): Promise<readonly string[]> =>
    (await ask(server, '1.0.1.10.in-addr.arpa', 'PTR')).answers;
  expect(await pointer()).toEqual(['1.0.1.10.in-addr.arpa. 5 PTR 10-1-0-1.web.shop.svc.cluster.local.']);
  catalog.upsert(
    sliceRecord('shop/web-a', { endpoints: [endpointRecord('10.1.0.1', { hostname: 'first' })] }),
  );
  server.dns.update(catalog.picture, catalog.publish());
  expect(await pointer()).toEqual(['1.0.1.10.in-addr.arpa. 5 PTR first.web.shop.svc.cluster.local.']);
  catalog.upsert(serviceRecord('shop/api', { clusterIPs: ['10.0.0.2'] }));
  catalog.upsert(sliceRecord('shop/web-a', { endpoints: [] }));
  catalog.upsert(sliceRecord('shop/api-a', { endpoints: [endpointRecord('10.1.0.1')] }));
  server.dns.update(catalog.picture, catalog.publish());
  expect(await pointer()).toEqual(['1.0.1.10.in-addr.arpa. 5 PTR 10-1-0-1.api.shop.svc.cluster.local.']);
});

test.each([
  [
    'another label or node port',
    false,
    serviceRecord('shop/web', { clusterIPs: ['10.0.0.1'], ports: [portRecord({ nodePort: 30001 })] }),
  ],
  ['affinity', false, serviceRecord('shop/web', { clusterIPs: ['10.0.0.1'], affinitySeconds: 60 })],
  [
    'external addresses',
    false,
    serviceRecord('shop/web', { clusterIPs: ['10.0.0.1'], externalIPs: ['198.51.100.1'] }),
  ],
  [
    'another type with the same address',
    false,
    serviceRecord('shop/web', { clusterIPs: ['10.0.0.1'], type: 'NodePort' }),
  ],
  [
    'another port',
    true,
    serviceRecord('shop/web', { clusterIPs: ['10.0.0.1'], ports: [portRecord({ port: 81 })] }),
  ],
  [
    'another port name',
    true,
    serviceRecord('shop/web', { clusterIPs: ['10.0.0.1'], ports: [portRecord({ name: 'web' })] }),
  ],
  ['another address', true, serviceRecord('shop/web', { clusterIPs: ['10.0.0.7'] })],
  ['headless', true, serviceRecord('shop/web', { clusterIPs: ['None'] })],
  [
    'an endpoint that is not ready',
    false,
    sliceRecord('shop/web-b', { endpoints: [endpointRecord('10.1.0.2', { ready: false })] }),
  ],
  [
    'an endpoint that moved to another node',
    false,
    sliceRecord('shop/web-a', { endpoints: [endpointRecord('10.1.0.1', { nodeName: 'n2' })] }),
  ],
  ['a ready endpoint', true, sliceRecord('shop/web-b', { endpoints: [endpointRecord('10.1.0.2')] })],
  [
    'a hostname',
    true,
    sliceRecord('shop/web-a', { endpoints: [endpointRecord('10.1.0.1', { hostname: 'a' })] }),
  ],
  [
    'a port of the endpoints',
    true,
    sliceRecord('shop/web-a', {
      endpoints: [endpointRecord('10.1.0.1')],
      ports: [{ name: 'http', protocol: 'TCP', port: 9 }],
    }),
  ],
])('K49 %s moves the serial: %s', async (_, moves, record) => {
  const catalog = shop();
  await using server = await startServer(catalog.picture);
  expect(await serial(server)).toBe(0);
  await server.clock.advance(60_000);
  catalog.upsert(record);
  server.dns.update(catalog.picture, catalog.publish());
  expect(await serial(server)).toBe(moves ? 60 : 0);
});

test('A1 A and AAAA asked together during creation and deletion agree on whether the name exists', async () => {
  const catalog = shop();
  await using server = await startServer(catalog.picture);
  for (let round = 0; round < 20; round++) {
    const change = round % 2 === 0;
    const asking = ['A', 'AAAA', 'SRV', 'TXT'].map((type) =>
      ask(server, 'race.shop.svc.cluster.local', type),
    );
    if (change) catalog.upsert(serviceRecord('shop/race', { clusterIPs: ['10.0.0.6'] }));
    else catalog.remove({ kind: 'Service', namespace: 'shop', name: 'race' });
    const before = await Promise.all(asking);
    server.dns.update(catalog.picture, catalog.publish());
    const after = await Promise.all(
      ['A', 'AAAA', 'MX'].map((type) => ask(server, 'race.shop.svc.cluster.local', type)),
    );
    expect(new Set(before.map(({ rcode }) => rcode))).toEqual(new Set([change ? 'NXDOMAIN' : 'NOERROR']));
    expect(new Set(after.map(({ rcode }) => rcode))).toEqual(new Set([change ? 'NOERROR' : 'NXDOMAIN']));
  }
});

test('the same picture again changes nothing; a whole look finds what change sets did not tell', async () => {
  const catalog = shop();
  await using server = await startServer(catalog.picture);
  await ask(server, 'web.shop.svc.cluster.local');
  await server.clock.advance(60_000);
  server.dns.update(catalog.picture, undefined);
  expect(await serial(server)).toBe(0);
  catalog.remove(slice);
  catalog.upsert(serviceRecord('shop/web', { clusterIPs: ['10.0.0.5'] }));
  catalog.publish();
  server.dns.update(catalog.picture, undefined);
  expect((await ask(server, 'web.shop.svc.cluster.local')).answers).toEqual([
    'web.shop.svc.cluster.local. 5 A 10.0.0.5',
  ]);
  expect(await serial(server)).toBe(60);
});

test('a denial that was kept tells the new serial, and ends with what its name was missing', async () => {
  const catalog = shop();
  await using server = await startServer(catalog.picture);
  const denied = async (name: string): Promise<Shown> => ask(server, `${name}.svc.cluster.local`);
  for (const name of ['api.shop', 'www.bank', 'a.b.web.shop']) {
    for (let i = 0; i < 2; i++) expect((await denied(name)).rcode).toBe('NXDOMAIN');
  }
  expect(server.dns.state().names).toBe(3);
  await server.clock.advance(60_000);
  catalog.upsert(namespaceRecord('bank'));
  catalog.upsert(serviceRecord('bank/www', { clusterIPs: ['10.0.0.3'] }));
  server.dns.update(catalog.picture, catalog.publish());
  expect((await denied('www.bank')).rcode).toBe('NOERROR');
  const [soa = ''] = (await denied('api.shop')).authority;
  expect(Number(soa.split(' ')[5]) - server.clock.epoch / 1000).toBe(60);
  catalog.remove({ kind: 'Namespace', namespace: '', name: 'bank' });
  server.dns.update(catalog.picture, catalog.publish());
  expect((await denied('www.bank')).rcode).toBe('NXDOMAIN');
});
