import { type Answer, decode, encode } from 'dns-packet';
import { afterEach, expect, test } from 'vitest';
import { createForwarder } from '../../../src/dns/forward/createForwarder.ts';
import type { Forwarder, ForwarderState } from '../../../src/dns/forward/forwarder.ts';
import type { ForwardZone } from '../../../src/dns/settings.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeLog } from '../../fake/log.ts';
import { opt } from '../cache/messages.ts';
import { forwarding, NO_SOURCES, zone } from '../support/forwarding.ts';
import { answering, breathe, FakeUpstream, type Received, reply, until } from './fakeUpstream.ts';

const opened: { stop(): unknown }[] = [];
afterEach(() => {
  for (const thing of opened.splice(0)) thing.stop();
});

async function upstream(handler?: (query: Received) => void): Promise<FakeUpstream> {
  const server = await FakeUpstream.start(handler);
  opened.push(server);
  return server;
}

interface Setup {
  readonly forwarder: Asking;
  readonly clock: FakeClock;
  readonly log: FakeLog;
}

async function setUp(servers: readonly FakeUpstream[], options: Partial<ForwardZone> = {}): Promise<Setup> {
  const [clock, log] = [new FakeClock(), new FakeLog()];
  const forwarder = createForwarder({ host: NO_SOURCES, clock, log });
  opened.push({ stop: () => forwarder.close() });
  const upstreams = servers.map((server) => server.address);
  await forwarder.configure(forwarding(zone(upstreams, options)));
  return { forwarder: new Asking(forwarder), clock, log };
}

/** A forwarder of which only the reply is looked at. */
class Asking {
  readonly #forwarder: Forwarder;

  constructor(forwarder: Forwarder) {
    this.#forwarder = forwarder;
  }

  async forward(message: Uint8Array): Promise<Uint8Array | undefined> {
    return (await this.#forwarder.forward(message)).reply;
  }

  state(): ForwarderState {
    return this.#forwarder.state();
  }

  close(): Promise<void> {
    return this.#forwarder.close();
  }
}

interface Ask {
  readonly type?: 'A' | 'AAAA' | 'TXT';
  readonly flags?: number;
  readonly id?: number;
  readonly edns?: { readonly dnssec: boolean };
}

function query(name: string, { type = 'A', flags = 0x0100, id = 4711, edns }: Ask = {}): Uint8Array {
  const additionals = edns === undefined ? [] : [opt(edns.dnssec)];
  return encode({ type: 'query', id, flags, questions: [{ name, type, class: 'IN' }], additionals });
}

/** `NOERROR 192.0.2.1 192.0.2.2`, or `none`. */
function told(message: Uint8Array | undefined): string {
  if (message === undefined) return 'none';
  const packet = decode(Buffer.from(message));
  const data = packet.answers.map(({ data }) => String(data));
  return [packet.rcode, ...data].join(' ');
}

const SOA: Answer = {
  type: 'SOA',
  name: 'example.org',
  ttl: 60,
  data: {
    mname: 'ns.example.org',
    rname: 'root.example.org',
    serial: 1,
    refresh: 1,
    retry: 1,
    expire: 1,
    minimum: 10,
  },
};

test('a query goes upstream with an ID, a port and a spelling of its own, and comes back as the client asked', async () => {
  const server = await upstream(answering('192.0.2.1'));
  const { forwarder } = await setUp([server]);
  for (let i = 0; i < 4; i++) {
    const asked = query(`Host-${i}.Some-Long-Name.Example.ORG`);
    const got = await forwarder.forward(asked);
    expect(told(got)).toBe('NOERROR 192.0.2.1');
    const packet = decode(Buffer.from(got ?? []));
    expect(packet.id).toBe(4711);
    expect(packet.questions?.[0]?.name).toBe(`Host-${i}.Some-Long-Name.Example.ORG`);
    expect(packet.answers?.[0]?.name).toBe(`Host-${i}.Some-Long-Name.Example.ORG`);
    expect(packet.additionals).toEqual([]);
  }
  expect(new Set(server.received.map(({ from }) => from)).size).toBeGreaterThan(1);
  expect(new Set(server.received.map(({ packet }) => packet.id)).size).toBeGreaterThan(1);
  const spellings = server.received.map(({ packet }) => packet.questions?.[0]?.name.slice(6) ?? '');
  expect(new Set(spellings).size).toBeGreaterThan(1);
});

const forged: readonly [string, (query: Received) => void][] = [
  ['another ID', (q) => q.send(forge(q, (m) => m.writeUInt16BE(m.readUInt16BE(0) ^ 1, 0)))],
  ['another name', (q) => q.send(reply(q, [a('203.0.113.6')], { name: 'other.example' }))],
  ['another type', (q) => q.send(forge(q, (m) => m.writeUInt16BE(28, questionEnd(m) - 4)))],
  ['another class', (q) => q.send(forge(q, (m) => m.writeUInt16BE(3, questionEnd(m) - 2)))],
  ['no question', (q) => q.send(forge(q, (m) => m.writeUInt16BE(0, 4)))],
  ['a query, not a reply', (q) => q.send(forge(q, (m) => m.writeUInt8(m.readUInt8(2) & 0x7f, 2)))],
  ['another opcode', (q) => q.send(forge(q, (m) => m.writeUInt8(m.readUInt8(2) | 0x28, 2)))],
  ['a record cut short', (q) => q.send(reply(q, [a('203.0.113.6')]).subarray(0, -2))],
  ['more records counted than sent', (q) => q.send(forge(q, (m) => m.writeUInt16BE(9, 6)))],
  ['four octets', (q) => q.send(Buffer.from([1, 2, 3, 4]))],
  ['nothing at all', (q) => q.send(Buffer.alloc(0))],
  ['the true reply, from another port', (q) => q.send(reply(q, [a('203.0.113.6')]), true)],
];

test.each(forged)('a reply with %s is ignored, and the true one waited for', async (_what, forgery) => {
  const server = await upstream((q) => {
    forgery(q);
    setTimeout(() => answering('192.0.2.1')(q), 5);
  });
  const { forwarder } = await setUp([server]);
  expect(told(await forwarder.forward(query('a.example')))).toBe('NOERROR 192.0.2.1');
  expect(server.received).toHaveLength(1);
});

test('somebody who sends guesses by the dozen makes us ask by TCP', async () => {
  const server = await upstream((q) => {
    if (q.by === 'tcp') return answering('192.0.2.1')(q);
    for (let i = 1; i <= 40; i++) {
      q.send(forge(q, (m) => m.writeUInt16BE((m.readUInt16BE(0) + i) & 0xffff, 0)));
    }
    return undefined;
  });
  const { forwarder } = await setUp([server]);
  expect(told(await forwarder.forward(query('a.example')))).toBe('NOERROR 192.0.2.1');
  expect(server.received.map(({ by }) => by)).toEqual(['udp', 'tcp']);
});

test('a server that does not keep capitals is believed by TCP, and asked in lower case from then on', async () => {
  const server = await upstream((q) => {
    const name = q.packet.questions?.[0]?.name.toLowerCase() ?? '';
    q.send(reply(q, [{ type: 'A', name, ttl: 60, data: '192.0.2.1' }], { name }));
  });
  const { forwarder } = await setUp([server]);
  expect(told(await forwarder.forward(query('a-long-name-with-letters.example')))).toBe('NOERROR 192.0.2.1');
  expect(told(await forwarder.forward(query('another-long-name.example')))).toBe('NOERROR 192.0.2.1');
  expect(server.received.map(({ by }) => by)).toEqual(['udp', 'tcp', 'udp']);
});

test('a truncated reply is asked again by TCP', async () => {
  const server = await upstream((q) => {
    if (q.by === 'tcp') answering('192.0.2.1')(q);
    else q.send(reply(q, [], { truncated: true }));
  });
  const { forwarder } = await setUp([server]);
  expect(told(await forwarder.forward(query('a.example')))).toBe('NOERROR 192.0.2.1');
  expect(server.received.map(({ by }) => by)).toEqual(['udp', 'tcp']);
});

test('a truncated reply is passed on, and not kept, when TCP fails', async () => {
  const server = await upstream((q) => {
    if (q.by === 'udp') q.send(reply(q, [a('192.0.2.1')], { truncated: true }));
    else q.send(Buffer.from('not what was asked'));
  });
  const { forwarder } = await setUp([server]);
  const got = await forwarder.forward(query('a.example'));
  expect(told(got)).toBe('NOERROR 192.0.2.1');
  expect((got?.[2] ?? 0) & 0x02).toBe(0x02);
  expect(forwarder.state().cache.entries).toEqual({ success: 0, denial: 0 });
});

test('a lost packet is sent again, and a dead server gives its turn to the next', async () => {
  const dead = await upstream();
  const live = await upstream(answering('192.0.2.1'));
  const { forwarder, clock } = await setUp([dead, live]);
  const asked = forwarder.forward(query('a.example'));
  await until(() => dead.received.length === 1);
  await clock.advance(1500);
  expect(told(await asked)).toBe('NOERROR 192.0.2.1');
  expect(forwarder.state().upstreams.map(({ failures }) => failures)).toEqual([1, 0]);
});

test('with nobody answering the client is told before it gives up', async () => {
  const server = await upstream();
  const { forwarder, clock } = await setUp([server]);
  const asked = forwarder.forward(query('a.example'));
  for (let tries = 1; tries <= 3; tries++) {
    await until(() => asks(server) === tries);
    await clock.advance(1500);
  }
  expect(await asked).toBeUndefined();
  expect(clock.monotonic()).toBeLessThan(5000);
});

test('a closed port fails at once, without a busy loop', async () => {
  const server = await FakeUpstream.start();
  server.stop();
  const { forwarder } = await setUp([server]);
  expect(await forwarder.forward(query('a.example'))).toBeUndefined();
  expect(forwarder.state().upstreams[0]).toMatchObject({ healthy: false, queries: 3, failures: 3 });
});

test('a server that failed twice is asked last, and first again once it answers a probe', async () => {
  const flaky = await upstream();
  const steady = await upstream(answering('192.0.2.2'));
  const { forwarder, clock, log } = await setUp([flaky, steady]);
  for (const name of ['a.example', 'b.example']) {
    const asked = forwarder.forward(query(name));
    await until(() => flaky.names().includes(name));
    await clock.advance(1500);
    expect(told(await asked)).toBe('NOERROR 192.0.2.2');
  }
  expect(forwarder.state().upstreams.map(({ healthy }) => healthy)).toEqual([false, true]);
  const before = asks(flaky);
  expect(told(await forwarder.forward(query('c.example')))).toBe('NOERROR 192.0.2.2');
  expect(asks(flaky)).toBe(before);

  flaky.handler = (q) => q.send(reply(q, [], { rcode: 'REFUSED' }));
  while (forwarder.state().upstreams[0]?.healthy === false) {
    await clock.advance(500);
    await breathe();
  }
  flaky.handler = answering('192.0.2.1');
  expect(told(await forwarder.forward(query('d.example')))).toBe('NOERROR 192.0.2.1');
  expect(log.messages()).toEqual([
    "dns: names that are not the cluster's are asked of these servers",
    'upstream DNS server gave no reply',
    'upstream DNS server gave no reply',
    'upstream DNS server does not answer: asking it last',
    'upstream DNS server answers again',
  ]);
});

test('when all are down they are tried all the same', async () => {
  const server = await upstream();
  const { forwarder, clock } = await setUp([server]);
  const first = forwarder.forward(query('a.example'));
  for (let tries = 1; tries <= 3; tries++) {
    await until(() => asks(server) === tries);
    await clock.advance(1500);
  }
  await first;
  expect(forwarder.state().upstreams[0]?.healthy).toBe(false);
  server.handler = answering('192.0.2.1');
  expect(told(await forwarder.forward(query('b.example')))).toBe('NOERROR 192.0.2.1');
  expect(forwarder.state().upstreams[0]?.healthy).toBe(true);
});

test.each([
  ['REFUSED', 'NOERROR 192.0.2.2'],
  ['NOTIMP', 'NOERROR 192.0.2.2'],
  ['SERVFAIL', 'NOERROR 192.0.2.2'],
  ['NXDOMAIN', 'NXDOMAIN'],
])('%s from the first server: the client hears %s', async (rcode, expected) => {
  const first = await upstream((q) => q.send(reply(q, [], { rcode, authorities: [SOA] })));
  const second = await upstream(answering('192.0.2.2'));
  const { forwarder } = await setUp([first, second]);
  expect(told(await forwarder.forward(query('a.example')))).toBe(expected);
  expect(forwarder.state().upstreams[0]).toMatchObject({ healthy: true, failures: 0 });
});

test.each([
  ['SERVFAIL', 'SERVFAIL'],
  ['REFUSED', 'none'],
])('%s from every server: the client hears %s, never REFUSED', async (rcode, expected) => {
  const servers = [
    await upstream((q) => q.send(reply(q, [], { rcode }))),
    await upstream((q) => q.send(reply(q, [], { rcode }))),
  ];
  const { forwarder } = await setUp(servers);
  expect(told(await forwarder.forward(query('a.example')))).toBe(expected);
});

test('equal questions asked together cost one, and each client gets its own reply', async () => {
  const held: Received[] = [];
  const server = await upstream((q) => held.push(q));
  const { forwarder } = await setUp([server]);
  const asked = ['www.example', 'WWW.example', 'www.EXAMPLE'].map((name, id) =>
    forwarder.forward(query(name, { id })),
  );
  const otherKind = forwarder.forward(query('www.example', { edns: { dnssec: true } }));
  await until(() => held.length === 2);
  for (const q of held) answering('192.0.2.1')(q);
  const replies = (await Promise.all(asked)).map((message) => decode(Buffer.from(message ?? [])));
  expect(replies.map(({ id, questions }) => [id, questions?.[0]?.name])).toEqual([
    [0, 'www.example'],
    [1, 'WWW.example'],
    [2, 'www.EXAMPLE'],
  ]);
  expect(told(await otherKind)).toBe('NOERROR 192.0.2.1');
});

test('no server is left owing more than its share', async () => {
  const held: Received[] = [];
  const server = await upstream((q) => held.push(q));
  const { forwarder } = await setUp([server], { maxConcurrent: 2 });
  const asked = ['a', 'b'].map((name) => forwarder.forward(query(`${name}.example`)));
  await until(() => held.length === 2);
  expect(await forwarder.forward(query('c.example'))).toBeUndefined();
  for (const q of held) answering('192.0.2.1')(q);
  expect((await Promise.all(asked)).map(told)).toEqual(['NOERROR 192.0.2.1', 'NOERROR 192.0.2.1']);
});

test('upstream always sees an OPT of ours, and what it sends back goes no further', async () => {
  const server = await upstream((q) => {
    q.send(reply(q, [a('192.0.2.1')], { additionals: [opt()] }));
  });
  const { forwarder } = await setUp([server]);
  const plain = decode(Buffer.from((await forwarder.forward(query('a.example'))) ?? []));
  const edns = decode(
    Buffer.from((await forwarder.forward(query('b.example', { edns: { dnssec: true } }))) ?? []),
  );
  expect([plain.additionals, edns.additionals]).toEqual([[], []]);
  expect(server.received.map(({ packet }) => packet.additionals)).toMatchObject([
    [{ type: 'OPT', udpPayloadSize: 1232, flag_do: false }],
    [{ type: 'OPT', udpPayloadSize: 1232, flag_do: true }],
  ]);
});

test('a server older than EDNS is asked again without', async () => {
  const server = await upstream((q) => {
    if ((q.packet.additionals ?? []).length > 0) q.send(reply(q, [], { rcode: 'FORMERR' }));
    else answering('192.0.2.1')(q);
  });
  const { forwarder } = await setUp([server]);
  expect(told(await forwarder.forward(query('a.example')))).toBe('NOERROR 192.0.2.1');
});

test.each([
  ['nothing', new Uint8Array(0)],
  ['a header alone', new Uint8Array(12)],
  ['two questions', encode({ type: 'query', questions: [q1('a.example'), q1('b.example')] })],
  ['an OPT cut short', query('a.example', { edns: { dnssec: false } }).subarray(0, -1)],
])('%s is not forwarded', async (_what, message) => {
  const server = await upstream(answering('192.0.2.1'));
  const { forwarder } = await setUp([server]);
  expect(await forwarder.forward(message)).toBeUndefined();
  expect(server.received).toEqual([]);
});

test('close ends what is under way and takes no more', async () => {
  const server = await upstream();
  const { forwarder } = await setUp([server]);
  const asked = forwarder.forward(query('a.example'));
  await until(() => server.received.length === 1);
  await forwarder.close();
  expect(await asked).toBeUndefined();
  expect(await forwarder.forward(query('b.example'))).toBeUndefined();
});

function a(data: string): Answer {
  return { type: 'A', name: 'a.example', ttl: 60, data };
}

function q1(name: string): { name: string; type: 'A' } {
  return { name, type: 'A' };
}

/** A true reply with a poisoned address, changed in one place. */
function forge(query: Received, change: (message: Buffer) => void): Buffer {
  const message = reply(query, [a('203.0.113.6')]);
  change(message);
  return message;
}

function questionEnd(message: Buffer): number {
  let at = 12;
  while (message[at] !== 0) at += 1 + (message[at] ?? 0);
  return at + 5;
}

/** Queries of clients that the server saw; probes for the root are not among them. */
function asks(server: FakeUpstream): number {
  return server.names().filter((name) => name !== '.' && name !== '').length;
}
