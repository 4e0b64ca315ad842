import { decode, encode } from 'dns-packet';
import { describe, expect, test } from 'vitest';
import type { Picture } from '../../../src/catalog/picture.ts';
import { podRecord } from '../../support/records.ts';
import { askTcp, askUdp, makeQuery } from '../support/ask.ts';
import { pictureOf, RECORDS } from '../support/cluster.ts';
import { fakeForwarder } from '../support/forwarding.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { show } from '../support/show.ts';

const ZONE = 'cluster.local';
const NODE_SEARCH = ['corp.example', 'example'];
const SEARCH = [`testns.svc.${ZONE}`, `svc.${ZONE}`, ZONE, ...NODE_SEARCH];

/** The world outside, by name: addresses by type, or nothing that can be learned. */
const OUTSIDE: Readonly<Record<string, { readonly A?: string; readonly AAAA?: string } | 'silent'>> = {
  'example.com': { A: '192.0.2.1' },
  'both.example.net': { A: '192.0.2.2', AAAA: '2001:db8::2' },
  'six.example.net': { AAAA: '2001:db8::6' },
  'empty.example.net': {},
  'db.corp.example': { A: '192.0.2.10' },
  'www.example': { A: '192.0.2.11', AAAA: '2001:db8::11' },
  'www.corp.example': {},
  'silent.example.net': 'silent',
};

function outside(): { forwarder: ReturnType<typeof fakeForwarder>; asked: string[] } {
  const asked: string[] = [];
  const forwarder = fakeForwarder((query) => {
    const { id, questions } = decode(Buffer.from(query));
    const [{ name, type } = { name: '', type: 'A' as const }] = questions;
    asked.push(`${name} ${type}`);
    const known = OUTSIDE[name];
    if (known === 'silent') return undefined;
    const data = known?.[type as 'A'];
    const answers = data === undefined ? [] : [{ name, type: type as 'A', ttl: 60, data }];
    return encode({ type: 'response', id, flags: 0x180 | (known === undefined ? 3 : 0), questions, answers });
  });
  return { forwarder, asked };
}

/** We are a pod of namespace testns: queries come from loopback. */
function withClient(fields: Parameters<typeof podRecord>[1] = {}): Picture {
  return pictureOf([...RECORDS, podRecord('testns/client', { ips: ['127.0.0.1'], ...fields })]);
}

async function serve(on: boolean, picture = withClient()): Promise<TestServer & { asked: string[] }> {
  const { forwarder, asked } = outside();
  const settings = on ? { search: NODE_SEARCH } : {};
  return Object.assign(await startServer(picture, { forwarder, settings }), { asked });
}

async function ask(server: TestServer, name: string, type: string): Promise<ReturnType<typeof show>> {
  return show(await askUdp(server.address, makeQuery(name, type)));
}

test('the first question of a search is answered with what its last would have found', async () => {
  await using server = await serve(true);
  const name = `example.com.testns.svc.${ZONE}`;
  const reply = await ask(server, name, 'A');
  expect(reply).toMatchObject({ rcode: 'NOERROR', aa: true, ra: true, tc: false });
  expect(reply.answers).toEqual([`${name}. 5 CNAME example.com.`, 'example.com. 60 A 192.0.2.1']);
  const other = await ask(server, name, 'AAAA');
  expect(other).toMatchObject({ rcode: 'NOERROR', answers: [`${name}. 5 CNAME example.com.`] });
  const tcp = show(await askTcp(server.address, makeQuery(name, 'A')));
  expect(tcp.answers).toEqual(reply.answers);
});

test.each([
  [
    'a Service of another namespace',
    'kube-dns.kube-system',
    'A',
    ['kube-dns.kube-system.svc.cluster.local. 5 A'],
  ],
  ['a name of the node’s search list', 'db', 'A', ['db.corp.example. 60 A 192.0.2.10']],
])('%s', async (_, name, type, found) => {
  await using server = await serve(true);
  const owner = `${name}.testns.svc.${ZONE}`;
  const reply = await ask(server, owner, type);
  const [alias = '', ...rest] = reply.answers;
  expect(alias).toMatch(new RegExp(`^${owner}\\. 5 CNAME `));
  expect(rest.map((line, i) => line.startsWith(found[i] ?? '?'))).toEqual(found.map(() => true));
});

test.each([
  ['what exists is not looked for further', `svc1.testns.svc.${ZONE}`, 'A'],
  ['nor what has no address of this family', `svc1.testns.svc.${ZONE}`, 'AAAA'],
  ['a name of another namespace is no first question', `example.com.kube-system.svc.${ZONE}`, 'A'],
  ['nor is one without a namespace', `example.com.svc.${ZONE}`, 'A'],
  ['the namespace itself has nothing before it', `testns.svc.${ZONE}`, 'A'],
  ['other types are no searches', `example.com.testns.svc.${ZONE}`, 'TXT'],
])('%s', async (_, name, type) => {
  await using on = await serve(true);
  await using off = await serve(false);
  expect(await ask(on, name, type)).toEqual(await ask(off, name, type));
  expect(on.asked).toEqual([]);
});

describe('nobody else’s list is gone through', () => {
  test.each([
    ['a pod that is not known', withClient({ ips: ['10.9.9.9'] })],
    ['a pod on the host’s network', withClient({ hostNetwork: true })],
    ['a pod with a search list of its own', withClient({ clusterSearch: false })],
    ['a pod that has ended', withClient({ ended: true })],
    [
      'two pods with one address, of which one is gone and we do not know which',
      pictureOf([
        ...RECORDS,
        podRecord('testns/client', { ips: ['127.0.0.1'] }),
        podRecord('testns/other', { ips: ['127.0.0.1'] }),
      ]),
    ],
  ])('%s', async (_, picture) => {
    await using server = await serve(true, picture);
    const reply = await ask(server, `example.com.testns.svc.${ZONE}`, 'A');
    expect(reply.rcode).toBe('NXDOMAIN');
    expect(server.asked).toEqual([]);
  });
});

/** What a C library finds by going through the list, and by how many names. `undefined`: it gave up with an error. */
async function search(server: TestServer, library: 'glibc' | 'musl', name: string) {
  let names = 0;
  for (const full of [...SEARCH.map((domain) => `${name}.${domain}`), name]) {
    names++;
    const replies = [await ask(server, full, 'A'), await ask(server, full, 'AAAA')];
    const found = replies.flatMap(({ answers }) => answers.filter((line) => / (A|AAAA) /.test(line)));
    if (found.length > 0) return { names, found: new Set(found.map((line) => line.split(' ').at(-1))) };
    const rcodes = replies.map(({ rcode }) => rcode);
    if (library === 'glibc') continue;
    if (rcodes.includes('SERVFAIL')) return { names, found: 'error' };
    if (!rcodes.includes('NXDOMAIN')) return { names, found: new Set() };
  }
  return { names, found: new Set() };
}

test.each(['glibc', 'musl'] as const)('%s finds the same with and without, and sooner', async (library) => {
  await using on = await serve(true);
  await using off = await serve(false);
  const names = [
    ...Object.keys(OUTSIDE),
    'db',
    'www',
    'svc1',
    'hdls1',
    'nowhere',
    'kube-dns.kube-system',
    'podns',
  ];
  const rows: [string, number, number][] = [];
  for (const name of names) {
    const [with_, without] = [await search(on, library, name), await search(off, library, name)];
    expect({ name, found: with_.found }).toEqual({ name, found: without.found });
    rows.push([name, with_.names, without.names]);
  }
  expect(rows).toContainEqual(['example.com', 1, 6]);
  expect(rows).toContainEqual(['kube-dns.kube-system', 1, 2]);
  expect(rows.every(([, sooner, later]) => sooner <= later)).toBe(true);
});

test('a denial is not kept for those who search elsewhere', async () => {
  const { forwarder } = outside();
  await using server = await startServer(withClient({ ips: ['10.9.9.9'] }), {
    forwarder,
    settings: { search: NODE_SEARCH },
  });
  const name = `example.com.testns.svc.${ZONE}`;
  expect((await ask(server, name, 'A')).rcode).toBe('NXDOMAIN');
  server.dns.update(withClient(), undefined);
  expect((await ask(server, name, 'A')).rcode).toBe('NOERROR');
});
