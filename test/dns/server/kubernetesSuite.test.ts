/** What Kubernetes' own end-to-end tests of DNS ask of a server, scenario by scenario, through real sockets. */
import { decode, encode } from 'dns-packet';
import { describe, expect, test } from 'vitest';
import type { ObjectRecord } from '../../../src/kube/records.ts';
import type { SocketAddress } from '../../../src/net/socketAddress.ts';
import {
  endpointRecord,
  namespaceRecord,
  portRecord,
  serviceRecord,
  sliceRecord,
} from '../../support/records.ts';
import { askTcp, askUdp, makeQuery } from '../support/ask.ts';
import { catalogOf, pictureOf } from '../support/cluster.ts';
import { fakeForwarder } from '../support/forwarding.ts';
import { startServer } from '../support/server.ts';
import { type Shown, show } from '../support/show.ts';

const RECORDS: readonly ObjectRecord[] = [
  ...['default', 'dns-1', 'kube-system'].map(namespaceRecord),
  serviceRecord('default/kubernetes', {
    clusterIPs: ['10.96.0.1'],
    ports: [portRecord({ name: 'https', port: 443 })],
  }),
  serviceRecord('dns-1/test-service-2', { clusterIPs: ['10.96.0.20'] }),
  sliceRecord('dns-1/test-service-2-a', { endpoints: [endpointRecord('10.1.0.5')] }),
  serviceRecord('dns-1/dns-test-service', { clusterIPs: ['None'] }),
  sliceRecord('dns-1/dns-test-service-a', {
    endpoints: [
      endpointRecord('10.1.0.6', { hostname: 'dns-querier-1' }),
      // publishNotReadyAddresses: a peer that is starting is told as ready, and serves nothing yet.
      endpointRecord('10.1.0.7', { hostname: 'dns-querier-2', serving: false }),
    ],
  }),
  serviceRecord('dns-1/1kubernetes', { clusterIPs: ['10.96.0.21'] }),
  serviceRecord('dns-1/dual', { clusterIPs: ['10.96.0.22', 'fd00::22'] }),
];

/** What the kubelet writes for a pod of namespace `dns-1` with dnsPolicy ClusterFirst. */
const SEARCH = ['dns-1.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'node.example'];
const NDOTS = 5;

type Ask = (server: SocketAddress, query: Uint8Array) => Promise<Uint8Array>;
const WAYS: readonly (readonly [string, Ask])[] = [
  ['UDP', askUdp],
  ['TCP', askTcp],
];

/** `dig +search`: the search path first for names with few dots, and on while a name does not exist. */
async function search(server: SocketAddress, ask: Ask, name: string, type = 'A'): Promise<Shown> {
  const relative = name.split('.').length - 1 < NDOTS ? SEARCH.map((domain) => `${name}.${domain}`) : [];
  let last: Shown | undefined;
  for (const candidate of [...relative, name]) {
    last = show(await ask(server, makeQuery(candidate, type)));
    if (last.rcode === 'NOERROR' && last.answers.length > 0) return last;
  }
  if (last === undefined) throw new Error('nothing was asked');
  return last;
}

const values = (reply: Shown): string[] => reply.answers.map((line) => line.split(' ').slice(3).join(' '));

describe.each(WAYS)('by %s', (_way, ask) => {
  test.each([
    ['E01', 'kubernetes.default', ['10.96.0.1']],
    ['E01a', 'kubernetes.default.svc', ['10.96.0.1']],
    ['E01b', 'kubernetes.default.svc.cluster.local', ['10.96.0.1']],
    ['E03', 'dns-test-service.dns-1.svc.cluster.local', ['10.1.0.6', '10.1.0.7']],
    ['E03a', 'test-service-2.dns-1.svc.cluster.local', ['10.96.0.20']],
    ['E04', 'test-service-2', ['10.96.0.20']],
    ['E04a', 'test-service-2.dns-1', ['10.96.0.20']],
    ['E04b', 'test-service-2.dns-1.svc', ['10.96.0.20']],
    ['E05', 'dns-querier-1.dns-test-service', ['10.1.0.6']],
    ['E05a', 'dns-querier-1.dns-test-service.dns-1.svc.cluster.local', ['10.1.0.6']],
    ['E06', 'dns-test-service', ['10.1.0.6', '10.1.0.7']],
    ['E11', '1kubernetes', ['10.96.0.21']],
    ['E16', 'dns-querier-2.dns-test-service', ['10.1.0.7']],
    ['E16a', 'dual', ['10.96.0.22']],
  ])('%s %s', async (_id, name, addresses) => {
    await using server = await startServer(pictureOf(RECORDS), { forwarder: nobody() });
    expect(values(await search(server.address, ask, name)).toSorted()).toEqual(addresses);
  });

  test.each([
    ['E03b', '_http._tcp.dns-test-service', 'SRV', ['dns-querier-1', 'dns-querier-2']],
    ['E03c', '_http._tcp.test-service-2', 'SRV', ['test-service-2']],
  ])('%s %s %s', async (_id, name, type, targets) => {
    await using server = await startServer(pictureOf(RECORDS), { forwarder: nobody() });
    const reply = await search(server.address, ask, name, type);
    const labels = values(reply).map((value) => value.split(' ').at(-1)?.split('.')[0]);
    expect(labels.toSorted((a = '', b = '') => a.localeCompare(b))).toEqual(targets);
  });

  test('E03d the name of a clusterIP', async () => {
    await using server = await startServer(pictureOf(RECORDS));
    const reply = show(await ask(server.address, makeQuery('20.0.96.10.in-addr.arpa', 'PTR')));
    expect(values(reply)).toEqual(['test-service-2.dns-1.svc.cluster.local.']);
  });

  test('E09 a name outside is found behind the search path', async () => {
    const asked: string[] = [];
    await using server = await startServer(pictureOf(RECORDS), { forwarder: internet(asked) });
    expect(values(await search(server.address, ask, 'google.com'))).toEqual(['192.0.2.80']);
    // The cluster's part of the search path never leaves the node.
    expect(asked).toEqual(['google.com.node.example', 'google.com']);
  });

  test('E10 search domains with an underscore, and the root as one', async () => {
    const asked: string[] = [];
    await using server = await startServer(pictureOf(RECORDS), { forwarder: internet(asked) });
    const odd = show(await ask(server.address, makeQuery('test-service-2._sip._tcp.abc_d.example', 'A')));
    expect(odd.rcode).toBe('NXDOMAIN');
    const root = show(await ask(server.address, makeQuery('test-service-2.', 'A')));
    expect(root.rcode).toBe('NXDOMAIN');
    expect(asked).toEqual(['test-service-2._sip._tcp.abc_d.example', 'test-service-2']);
  });

  test('E14 the name of an address that is not the cluster’s is asked outside', async () => {
    const asked: string[] = [];
    await using server = await startServer(pictureOf(RECORDS), { forwarder: internet(asked) });
    await ask(server.address, makeQuery('123.2.0.192.in-addr.arpa', 'PTR'));
    expect(asked).toEqual(['123.2.0.192.in-addr.arpa']);
  });
});

test('E07 an ExternalName, another one, and a ClusterIP: each at once', async () => {
  const catalog = catalogOf(RECORDS);
  await using server = await startServer(catalog.picture, { forwarder: nobody() });
  const name = 'dns-test-service-3.dns-1.svc.cluster.local';
  const ask = async (type: string): Promise<string[]> =>
    values(show(await askUdp(server.address, makeQuery(name, type))));
  for (const externalName of ['foo.example.com', 'bar.example.com']) {
    const fields = { type: 'ExternalName', externalName, ports: [] } as const;
    catalog.upsert(serviceRecord('dns-1/dns-test-service-3', fields));
    server.dns.update(catalog.picture, catalog.publish());
    expect(await ask('CNAME')).toEqual([`${externalName}.`]);
  }
  catalog.upsert(serviceRecord('dns-1/dns-test-service-3', { clusterIPs: ['10.96.0.23'] }));
  server.dns.update(catalog.picture, catalog.publish());
  expect(await ask('A')).toEqual(['10.96.0.23']);
  expect(await ask('CNAME')).toEqual([]);
});

test('E15 ten thousand Services in two namespaces: every twentieth has exactly its address', async () => {
  const address = (i: number): string => `10.97.${i >> 8}.${i & 0xff}`;
  const services = Array.from({ length: 10_000 }, (_, i) =>
    serviceRecord(`dns-${i % 2}/svc-${i}`, { clusterIPs: [address(i)] }),
  );
  const picture = pictureOf([namespaceRecord('dns-0'), namespaceRecord('dns-1'), ...services]);
  await using server = await startServer(picture);
  const sample = services.filter((_, i) => i % 20 === 0);
  for (let from = 0; from < sample.length; from += 50) {
    await Promise.all(
      sample.slice(from, from + 50).map(async ({ name, namespace, clusterIPs }) => {
        const query = makeQuery(`${name}.${namespace}.svc.cluster.local`, 'A');
        expect(values(show(await askUdp(server.address, query)))).toEqual(clusterIPs);
      }),
    );
  }
});

function nobody(): ReturnType<typeof fakeForwarder> {
  return internet([]);
}

/** Knows one name. */
function internet(asked: string[]): ReturnType<typeof fakeForwarder> {
  return fakeForwarder((query) => {
    const { id, questions } = decode(Buffer.from(query));
    const name = questions[0]?.name ?? '';
    asked.push(name);
    if (name !== 'google.com') return encode({ type: 'response', id, flags: 0x183, questions });
    const answers = [{ name, type: 'A', ttl: 60, data: '192.0.2.80' }];
    return encode({ type: 'response', id, flags: 0x180, questions, answers });
  });
}
