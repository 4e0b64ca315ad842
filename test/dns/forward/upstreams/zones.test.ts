import { describe, expect, test } from 'vitest';
import type { ForwardZone } from '../../../../src/dns/settings.ts';
import { TYPE } from '../../../../src/dns/wire/codes.ts';
import { makeQuery, Query } from '../../../../src/dns/wire/query.ts';
import { zone } from '../../support/forwarding.ts';
import { address, ForwarderWorld, server } from '../world.ts';

const of = (domain: string, last: number, options: Partial<ForwardZone> = {}): ForwardZone =>
  zone([server(last)], { domain, ...options });

describe('which server a name is asked of', () => {
  const ZONES = [
    of('', 1, { except: ['internal.example', 'lab'] }),
    of('corp.example', 2),
    of('eu.corp.example', 3, { except: ['secret.eu.corp.example'] }),
    of('10.in-addr.arpa', 4),
    zone([], { domain: 'nobody.example' }),
  ];

  test.each([
    ['www.example', '10.0.0.1'],
    ['corp.example', '10.0.0.2'],
    ['a.b.corp.example', '10.0.0.2'],
    ['A.Corp.EXAMPLE', '10.0.0.2'],
    ['eu.corp.example', '10.0.0.3'],
    ['a.eu.corp.example', '10.0.0.3'],
    ['neu.corp.example', '10.0.0.2'],
    ['xcorp.example', '10.0.0.1'],
    ['example', '10.0.0.1'],
    ['.', '10.0.0.1'],
    ['a.secret.eu.corp.example', '10.0.0.2'],
    ['4.3.2.10.in-addr.arpa', '10.0.0.4'],
    ['4.3.2.11.in-addr.arpa', '10.0.0.1'],
    ['internal.example', 'refused'],
    ['a.internal.example', 'refused'],
    ['a.lab', 'refused'],
    ['a.nobody.example', 'refused'],
  ])('%s: %s', async (name, expected) => {
    await using world = new ForwarderWorld();
    await world.configure(...ZONES);
    world.says = address('192.0.2.1');
    const { step, upstream } = await world.ask(name);
    expect(step === 'refused' ? step : upstream.replace(/:53$/, '')).toBe(expected);
    const query = new Query();
    query.read(makeQuery(name, TYPE.A));
    expect(world.forwarder.takes(query)).toBe(expected !== 'refused');
  });

  test('without a zone nothing is asked, and nothing promised', async () => {
    await using world = new ForwarderWorld();
    await world.configure();
    expect(world.forwarder.recursive).toBe(false);
    expect((await world.ask('www.example')).step).toBe('refused');
  });
});

describe('new settings while names are asked', () => {
  test('a zone that is asked as before keeps its answers, and what is known of its servers', async () => {
    await using world = new ForwarderWorld();
    await world.configure(of('', 1), of('corp.example', 2));
    world.says = address('192.0.2.1');
    for (const name of ['www.example', 'a.corp.example']) await world.ask(name);
    await world.configure(of('', 1, { policy: 'random' }), of('corp.example', 3), of('new.example', 4));
    expect((await world.ask('www.example')).step).toBe('cache');
    expect(await world.ask('a.corp.example')).toMatchObject({ step: 'forward', upstream: '10.0.0.3:53' });
    expect(world.forwarder.state().upstreams.map((at) => [at.server, at.zones, at.queries])).toEqual([
      ['10.0.0.1:53', ['.'], 1],
      ['10.0.0.3:53', ['corp.example'], 1],
      ['10.0.0.4:53', ['new.example'], 0],
    ]);
  });

  test('an answer of the zone above is not told for a new zone, nor the other way round', async () => {
    await using world = new ForwarderWorld();
    world.says = address('192.0.2.1');
    await world.configure(of('', 1));
    await world.ask('a.corp.example');
    await world.configure(of('', 1), of('corp.example', 2));
    expect((await world.ask('a.corp.example')).upstream).toBe('10.0.0.2:53');
    await world.configure(of('', 1));
    expect((await world.ask('a.corp.example')).upstream).toBe('10.0.0.1:53');
  });

  test('what is under way ends as it began; the same question is asked anew of the new server', async () => {
    await using world = new ForwarderWorld();
    await world.configure(of('', 1));
    world.says = () => 'held';
    const before = world.ask('www.example');
    await world.configure(of('', 2));
    world.says = address('192.0.2.2');
    expect(await world.ask('www.example')).toMatchObject({ upstream: '10.0.0.2:53', step: 'forward' });
    world.release();
    expect((await before).upstream).toBe('10.0.0.1:53');
    expect((await world.ask('www.example')).upstream).toBe('10.0.0.2:53');
  });

  test('a smaller cache forgets at once', async () => {
    await using world = new ForwarderWorld();
    world.says = address('192.0.2.1');
    await world.configure(of('', 1));
    for (let i = 10; i < 30; i++) await world.ask(`n${i}.example`);
    const { octets } = world.forwarder.state().cache;
    const small = { zones: [of('', 1)], cacheBytes: Math.ceil(octets / 2) };
    await world.forwarder.configure({ ...small, queryLog: { classes: [], every: 1, domains: [] } });
    expect(world.forwarder.state().cache.entries.success).toBe(10);
  });

  test('of two calls the later counts, whichever is ready first', async () => {
    await using world = new ForwarderWorld();
    world.files.set('/etc/resolv.conf', 'nameserver 10.0.0.9');
    const first = world.configure(zone([{ file: '/etc/resolv.conf' }]));
    const second = world.configure(of('', 2));
    await Promise.all([first, second]);
    expect(world.forwarder.state().upstreams.map((at) => at.server)).toEqual(['10.0.0.2:53']);
  });
});

describe('where servers come from', () => {
  const FILE = '/etc/resolv.conf';
  const servers = (world: ForwarderWorld): string[] =>
    world.forwarder.state().upstreams.map((at) => at.server.replace(/:53$/, ''));

  test('a resolv.conf is followed as it changes, and its answers stay', async () => {
    await using world = new ForwarderWorld();
    world.says = address('192.0.2.1');
    world.files.set(FILE, 'nameserver 10.0.0.1\nnameserver 10.0.0.2');
    await world.serve([{ file: FILE }]);
    await world.ask('www.example');
    world.files.set(FILE, 'nameserver 10.0.0.2\nnameserver 10.0.0.3');
    await world.clock.advance(5000);
    expect(servers(world)).toEqual(['10.0.0.2', '10.0.0.3']);
    expect((await world.ask('www.example')).step).toBe('cache');
    expect((await world.ask('b.example')).upstream).toBe('10.0.0.2:53');
  });

  test('one that goes leaves the servers that it named; one that never was leaves nobody to ask', async () => {
    await using world = new ForwarderWorld();
    world.files.set(FILE, 'nameserver 10.0.0.1');
    await world.configure(zone([{ file: FILE }]), zone([{ file: '/absent' }], { domain: 'absent' }));
    world.files.delete(FILE);
    await world.clock.advance(5000);
    expect(servers(world)).toEqual(['10.0.0.1']);
    expect(world.forwarder.state().problems).toEqual([
      `${FILE}: no such file`,
      '/absent: no such file; no server of it is known: SERVFAIL until there is one',
    ]);
    expect(await world.ask('a.absent')).toMatchObject({ step: 'forward', rcode: 'none' });
    world.files.set(FILE, 'nameserver 10.0.0.2');
    world.files.set('/absent', 'nameserver 10.0.0.3');
    await world.clock.advance(5000);
    expect(servers(world)).toEqual(['10.0.0.2', '10.0.0.3']);
    expect(world.forwarder.state().problems).toEqual([]);
    // Of the file that never was, then of both, then that all is well.
    expect(world.told).toBe(3);
  });

  test('a name of a server is looked up, and again', async () => {
    await using world = new ForwarderWorld();
    world.hosts.set('dns.corp.example', ['10.0.0.2', '10.0.0.1']);
    await world.serve([{ host: 'dns.corp.example', port: 53 }, server(9)]);
    expect(servers(world)).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.9']);
    world.hosts.set('dns.corp.example', ['fd00::1']);
    await world.clock.advance(5000);
    expect(servers(world)).toEqual(['[fd00::1]', '10.0.0.9']);
  });

  test('our own addresses are not asked, from when they are ours', async () => {
    await using world = new ForwarderWorld();
    world.files.set(FILE, 'nameserver 10.96.0.10\nnameserver 10.0.0.1');
    await world.serve([{ file: FILE }]);
    expect(servers(world)).toEqual(['10.96.0.10', '10.0.0.1']);
    world.own = [{ address: '10.96.0.10', port: 53 }];
    await world.clock.advance(5000);
    expect(servers(world)).toEqual(['10.0.0.1']);
    expect(world.forwarder.state().problems).toEqual([
      'upstream server 10.96.0.10:53 is this agent itself: not asked',
    ]);
  });
});
