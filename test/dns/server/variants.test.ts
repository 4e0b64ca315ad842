import { describe, expect, test } from 'vitest';
import type { Picture } from '../../../src/catalog/picture.ts';
import type { ObjectRecord } from '../../../src/kube/records.ts';
import { namespaceRecord, nodeRecord, serviceRecord } from '../../support/records.ts';
import { askUdp, makeQuery } from '../support/ask.ts';
import { catalogOf, pictureOf, RECORDS } from '../support/cluster.ts';
import { fakeForwarder } from '../support/forwarding.ts';
import { type ServerOptions, startServer } from '../support/server.ts';
import { type Shown, show } from '../support/show.ts';

/** Asks a server of its own one question. */
async function ask(
  picture: Picture,
  name: string,
  type: string,
  options: ServerOptions = {},
): Promise<Shown> {
  await using server = await startServer(picture, options);
  return show(await askUdp(server.address, makeQuery(name, type, { edns: 1232 })));
}

const without = (key: string): ObjectRecord[] =>
  RECORDS.filter((record) => `${record.namespace}/${record.name}` !== key);

describe('pod records', () => {
  test.each([
    ['K42', 'disabled', '10-240-0-1.podns.pod', 'NXDOMAIN', []],
    ['K42a', 'disabled', 'podns.pod', 'NXDOMAIN', []],
    ['K42b', 'disabled', 'pod', 'NOERROR', []],
    ['K44', 'verified', '10-240-0-1.podns.pod', 'NOERROR', ['10.240.0.1']],
    ['K44a', 'verified', '10-240-0-1.testns.pod', 'NXDOMAIN', []],
    ['K44b', 'verified', '172-0-0-2.podns.pod', 'NXDOMAIN', []],
    ['K44c', 'verified', 'podns.pod', 'NOERROR', []],
    ['K44d', 'verified', 'pod-nons.pod', 'NXDOMAIN', []],
  ] as const)('%s with pods %s, %s is %s', async (_, pods, name, rcode, addresses) => {
    const reply = await ask(pictureOf(RECORDS), `${name}.cluster.local`, 'A', { settings: { pods } });
    expect(reply.rcode).toBe(rcode);
    expect(reply.answers).toEqual(addresses.map((address) => `${name}.cluster.local. 5 A ${address}`));
  });
});

describe('before everything has been read', () => {
  test.each([
    ['K37', 'svc0.testns.svc.cluster.local', 'A', 'SERVFAIL'],
    ['K37a', 'svc0.no-such-namespace.svc.cluster.local', 'A', 'SERVFAIL'],
    ['K37b', 'svc1.testns.svc.cluster.local', 'A', 'NOERROR'],
    ['K37c', 'external-to-nothing.testns.svc.cluster.local', 'A', 'SERVFAIL'],
    ['P11', '9.9.9.10.in-addr.arpa', 'PTR', 'SERVFAIL'],
  ])('%s %s %s is %s', async (_, name, type, rcode) => {
    const forwarder = fakeForwarder(() => {
      throw new Error('a name of ours was forwarded');
    });
    const reply = await ask(pictureOf(RECORDS, false), name, type, { forwarder });
    expect(reply.rcode).toBe(rcode);
    expect(reply.aa).toBe(true);
    expect(reply.authority.length).toBe(rcode === 'SERVFAIL' ? 1 : 0);
  });
});

describe('who serves the zone', () => {
  const headless = serviceRecord('kube-system/kube-dns', { clusterIPs: ['None'] });
  test.each([
    ['K53 no DNS Service: the node', without('kube-system/kube-dns'), ['ns.dns'], ['192.168.7.1']],
    [
      'K53a a DNS Service without an address yet: the node',
      [...without('kube-system/kube-dns'), serviceRecord('kube-system/kube-dns')],
      ['ns.dns'],
      ['192.168.7.1'],
    ],
    [
      'K53b a headless one: its endpoints',
      [...without('kube-system/kube-dns'), headless, ...dnsEndpoints()],
      ['10-1-0-7.kube-dns.kube-system.svc', '10-1-0-8.kube-dns.kube-system.svc'],
      ['10.1.0.7', '10.1.0.8'],
    ],
    [
      'K53c neither it nor the node known',
      without('kube-system/kube-dns').filter((r) => r.kind !== 'Node'),
      ['ns.dns'],
      [],
    ],
  ])('%s', async (_, records, names, addresses) => {
    const reply = await ask(pictureOf(records), 'cluster.local', 'NS');
    expect(reply.answers).toEqual(names.map((name) => `cluster.local. 5 NS ${name}.cluster.local.`));
    expect(reply.additional.map((record) => record.split(' ').at(-1))).toEqual(addresses);
    const direct = await ask(pictureOf(records), 'ns.dns.cluster.local', 'A');
    expect(new Set(direct.answers.map((record) => record.split(' ').at(-1)))).toEqual(new Set(addresses));
  });
});

function dnsEndpoints(): ObjectRecord[] {
  const endpoint = (address: string) => ({
    address,
    ready: true,
    serving: true,
    terminating: false,
    hostname: '',
    nodeName: '',
    zone: '',
    zoneHints: [],
    nodeHints: [],
    podName: '',
  });
  return [
    {
      kind: 'EndpointSlice',
      namespace: 'kube-system',
      name: 'kube-dns-a',
      serviceName: 'kube-dns',
      addressType: 'IPv4',
      ports: [],
      endpoints: [endpoint('10.1.0.7'), endpoint('10.1.0.8')],
      triggeredAt: 0,
      fromEndpoints: false,
    },
  ];
}

describe('spelling', () => {
  test.each([
    [
      'K41 an owner is spelled as asked',
      'SvC1.TeStNs.SvC.cLuStEr.LoCaL',
      'A',
      ['SvC1.TeStNs.SvC.cLuStEr.LoCaL. 5 A 10.0.0.1'],
      [],
    ],
    [
      'K41a a target is lower case, with the zone as asked',
      '_HtTp._TcP.sVc1.TeStNs.SvC.cLuStEr.LoCaL',
      'SRV',
      ['_HtTp._TcP.sVc1.TeStNs.SvC.cLuStEr.LoCaL. 5 SRV 0 100 80 svc1.testns.svc.cLuStEr.LoCaL.'],
      ['svc1.testns.svc.cLuStEr.LoCaL. 5 A 10.0.0.1'],
    ],
    [
      'K41b the zone in NS records too',
      'ClUsTeR.lOcAl',
      'NS',
      ['ClUsTeR.lOcAl. 5 NS kube-dns.kube-system.svc.ClUsTeR.lOcAl.'],
      [
        'kube-dns.kube-system.svc.ClUsTeR.lOcAl. 5 A 10.0.0.250',
        'kube-dns.kube-system.svc.ClUsTeR.lOcAl. 5 AAAA fd00::250',
      ],
    ],
    ['K41d the name server', 'nS.dNs.ClUsTeR.lOcAl', 'A', ['nS.dNs.ClUsTeR.lOcAl. 5 A 10.0.0.250'], []],
    [
      'K41e a pod record',
      '10-240-0-1.PODNS.Pod.ClUsTeR.lOcAl',
      'A',
      ['10-240-0-1.PODNS.Pod.ClUsTeR.lOcAl. 5 A 10.240.0.1'],
      [],
    ],
    [
      'K41f a name of an address',
      '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.D.C.B.A.4.3.2.1.IP6.ArPa',
      'PTR',
      [
        '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.D.C.B.A.4.3.2.1.IP6.ArPa. 5 PTR svc6.testns.svc.cluster.local.',
      ],
      [],
    ],
  ])('%s', async (_, name, type, answers, additional) => {
    await using server = await startServer(pictureOf(RECORDS));
    const asked = makeQuery(name, type);
    // Kept in lower case first, so that a kept answer is what is spelled.
    await askUdp(server.address, makeQuery(name.toLowerCase(), type));
    const reply = show(await askUdp(server.address, asked));
    expect(reply.answers).toEqual(answers);
    expect(reply.additional).toEqual(additional);
    expect(reply.question).toBe(`${name}. ${type}`);
  });

  test('K41c the SOA of a denial', async () => {
    const reply = await ask(pictureOf(RECORDS), 'NoPe.ClUsTeR.lOcAl', 'A');
    expect(reply.authority[0]).toMatch(
      /^ClUsTeR\.lOcAl\. 5 SOA ns\.dns\.ClUsTeR\.lOcAl\. hostmaster\.ClUsTeR/,
    );
  });
});

describe('why a name is denied, for clients with EDNS', () => {
  test.each([
    ['web.nowhere.svc.cluster.local', 'no namespace nowhere'],
    ['web.testns.svc.cluster.local', 'no Service testns/web'],
    ['hdls-unready.testns.svc.cluster.local', 'headless Service testns/hdls-unready has no ready endpoint'],
    ['x.hdls1.testns.svc.cluster.local', 'Service testns/hdls1 has no ready endpoint of that name'],
    ['_x._tcp.svc1.testns.svc.cluster.local', 'Service testns/svc1 has no such port'],
  ])('%s: %s', async (name, reason) => {
    expect((await ask(pictureOf(RECORDS), name, 'A')).error).toBe(reason);
  });

  test('before everything has been read', async () => {
    const reply = await ask(pictureOf(RECORDS, false), 'web.testns.svc.cluster.local', 'A');
    expect(reply.error).toBe('cluster state is still being read');
  });

  test('not told to clients without EDNS', async () => {
    await using server = await startServer(pictureOf(RECORDS));
    const reply = show(await askUdp(server.address, makeQuery('web.nowhere.svc.cluster.local', 'A')));
    expect([reply.rcode, reply.opt]).toEqual(['NXDOMAIN', undefined]);
  });
});

describe('namespaces', () => {
  const records = [
    namespaceRecord('shop'),
    serviceRecord('shop/web', { clusterIPs: ['10.0.0.1'] }),
    nodeRecord('n1'),
  ];

  test('K38 a namespace deleted under its Services takes their names along, and gives them back', async () => {
    const catalog = catalogOf(records);
    await using server = await startServer(catalog.picture);
    const rcodes = async (): Promise<string[]> => {
      const names = ['web.shop.svc.cluster.local A', 'shop.svc.cluster.local A', '1.0.0.10.in-addr.arpa PTR'];
      const replies = await Promise.all(
        names.map((name) => askUdp(server.address, makeQuery(...(name.split(' ') as [string, string])))),
      );
      return replies.map((reply) => show(reply).rcode);
    };
    expect(await rcodes()).toEqual(['NOERROR', 'NOERROR', 'NOERROR']);
    catalog.remove(namespaceRecord('shop'));
    server.dns.update(catalog.picture, catalog.publish());
    expect(await rcodes()).toEqual(['NXDOMAIN', 'NXDOMAIN', 'NXDOMAIN']);
    catalog.upsert(namespaceRecord('shop'));
    server.dns.update(catalog.picture, catalog.publish());
    expect(await rcodes()).toEqual(['NOERROR', 'NOERROR', 'NOERROR']);
  });
});

describe('lifetimes', () => {
  const settings = { ttl: 30, negativeTtl: 5 };
  test.each([
    ['a clusterIP', 'svc1.testns.svc.cluster.local', 'A', '30'],
    ['its name', '1.0.0.10.in-addr.arpa', 'PTR', '30'],
    ['an alias', 'external.testns.svc.cluster.local', 'CNAME', '30'],
    ['a headless Service', 'hdlsprtls.testns.svc.cluster.local', 'A', '5'],
    ['an endpoint of a Service with a clusterIP', 'ep-one.svc1.testns.svc.cluster.local', 'A', '5'],
    ['the name of an endpoint', '20.0.0.172.in-addr.arpa', 'PTR', '5'],
    ['a pod record', '10-0-0-1.podns.pod.cluster.local', 'A', '5'],
    ['the SOA', 'cluster.local', 'SOA', '5'],
  ])('%s lives %s', async (_, name, type, ttl) => {
    const reply = await ask(pictureOf(RECORDS), name, type, { settings });
    expect(reply.answers.map((record) => record.split(' ')[1])).toEqual([ttl]);
  });

  test('a denial is never kept longer than five minutes', async () => {
    const reply = await ask(pictureOf(RECORDS), 'nope.cluster.local', 'A', {
      settings: { ttl: 3600, negativeTtl: 3600 },
    });
    expect(reply.authority[0]).toMatch(/^cluster\.local\. 300 SOA .* 300$/);
  });
});
