import { type Answer, decode, encode } from 'dns-packet';
import { describe, expect, test } from 'vitest';
import type { Forwarder } from '../../../src/dns/forward/forwarder.ts';
import { askTcp, askUdp, makeQuery } from '../support/ask.ts';
import { pictureOf, RECORDS, REVERSE_RECORDS } from '../support/cluster.ts';
import { fakeForwarder } from '../support/forwarding.ts';
import { startServer } from '../support/server.ts';
import { show } from '../support/show.ts';

interface Upstream {
  readonly answers?: readonly Answer[];
  readonly additionals?: readonly Answer[];
  readonly rcode?: number;
  readonly truncated?: boolean;
}

/** An upstream that says this to everything, and remembers what it was asked. */
function upstream({ answers = [], additionals = [], rcode = 0, truncated = false }: Upstream): {
  forwarder: Forwarder;
  asked: string[];
} {
  const asked: string[] = [];
  const forwarder = fakeForwarder((query) => {
    const { id, questions } = decode(Buffer.from(query));
    asked.push(`${questions[0]?.name} ${questions[0]?.type}`);
    const flags = 0x180 | rcode | (truncated ? 0x200 : 0);
    return encode({ type: 'response', id, flags, questions, answers, additionals });
  });
  return { forwarder, asked };
}

const dead = fakeForwarder(() => undefined);
const address = (name: string, data: string): Answer => ({ name, type: 'A', ttl: 77, data });

describe('names outside the cluster', () => {
  test('are forwarded, and the reply passed back with the flags it came with', async () => {
    const { forwarder, asked } = upstream({ answers: [address('example.com', '192.0.2.1')] });
    await using server = await startServer(pictureOf(RECORDS), { forwarder });
    const reply = show(await askUdp(server.address, makeQuery('example.com', 'A', { id: 7 })));
    expect(reply).toMatchObject({ id: 7, rcode: 'NOERROR', aa: false, ra: true, opt: undefined });
    expect(reply.answers).toEqual(['example.com. 77 A 192.0.2.1']);
    expect(asked).toEqual(['example.com A']);
  });

  test.each(['kubernetes', 'xcluster.local', 'local', 'arpa', 'cluster.local.example'])(
    '%s is one',
    async (name) => {
      const { forwarder, asked } = upstream({});
      await using server = await startServer(pictureOf(RECORDS), { forwarder });
      await askUdp(server.address, makeQuery(name, 'AAAA'));
      expect(asked).toEqual([`${name} AAAA`]);
    },
  );

  test.each(['nope.cluster.local', 'google.com.testns.svc.cluster.local', 'foo.svc.cluster.local'])(
    '%s is none, and never leaves',
    async (name) => {
      const { forwarder, asked } = upstream({});
      await using server = await startServer(pictureOf(RECORDS), { forwarder });
      expect(show(await askUdp(server.address, makeQuery(name, 'A'))).rcode).toBe('NXDOMAIN');
      expect(asked).toEqual([]);
    },
  );

  test('DS of the cluster domain is in its parent', async () => {
    const { forwarder, asked } = upstream({});
    await using server = await startServer(pictureOf(RECORDS), { forwarder });
    await askUdp(server.address, makeQuery('cluster.local', 'DS'));
    expect(asked).toEqual(['cluster.local DS']);
  });

  test('the client has an OPT of ours exactly if it sent one', async () => {
    const opt = { type: 'OPT', name: '.', udpPayloadSize: 9000, flags: 0, options: [] };
    const { forwarder } = upstream({ answers: [address('example.com', '192.0.2.1')], additionals: [opt] });
    await using server = await startServer(pictureOf(RECORDS), { forwarder });
    const plain = show(await askUdp(server.address, makeQuery('example.com', 'A')));
    const extended = show(await askUdp(server.address, makeQuery('example.com', 'A', { edns: 1400 })));
    expect(plain.opt).toBeUndefined();
    expect(extended.opt?.udpPayloadSize).toBe(1232);
  });

  test('no upstream answers: SERVFAIL, and why', async () => {
    await using server = await startServer(pictureOf(RECORDS), { forwarder: dead });
    const reply = show(await askUdp(server.address, makeQuery('example.com', 'A', { edns: 1232 })));
    expect(reply).toMatchObject({ rcode: 'SERVFAIL', aa: false, ra: true });
    expect(reply.error).toBe('no upstream server answered in time');
  });

  test('a forwarder that breaks its word is SERVFAIL, and a line in the log', async () => {
    const broken = fakeForwarder(() => {
      throw new Error('out of order');
    });
    await using server = await startServer(pictureOf(RECORDS), { forwarder: broken });
    for (let i = 0; i < 5; i++) {
      expect(show(await askUdp(server.address, makeQuery('example.com', 'A'))).rcode).toBe('SERVFAIL');
    }
    expect(server.log.messages('error')).toEqual([
      'dns: a query could not be handled; it was answered SERVFAIL',
    ]);
    expect(server.dns.counters().faults).toBe(5);
  });

  test('a reply that cannot be read is SERVFAIL', async () => {
    const forwarder = fakeForwarder((query) => query.subarray(0, 14));
    await using server = await startServer(pictureOf(RECORDS), { forwarder });
    expect(show(await askUdp(server.address, makeQuery('example.com', 'A'))).rcode).toBe('SERVFAIL');
  });

  test('a large reply is cut on UDP and whole on TCP', async () => {
    const answers = Array.from({ length: 60 }, (_, i) => address('example.com', `192.0.2.${i}`));
    const { forwarder } = upstream({ answers });
    await using server = await startServer(pictureOf(RECORDS), { forwarder });
    const udp = show(await askUdp(server.address, makeQuery('example.com', 'A')));
    const tcp = show(await askTcp(server.address, makeQuery('example.com', 'A')));
    expect(udp.tc).toBe(true);
    expect(udp.size).toBeLessThanOrEqual(512);
    expect(udp.answers.length).toBeGreaterThan(10);
    expect([tcp.tc, tcp.answers.length]).toEqual([false, 60]);
  });
});

describe('reverse names', () => {
  test('P10 of other addresses are forwarded', async () => {
    const pointer = { name: '9.9.9.9.in-addr.arpa', type: 'PTR', ttl: 9, data: 'dns.example' };
    const { forwarder, asked } = upstream({ answers: [pointer] });
    await using server = await startServer(pictureOf(REVERSE_RECORDS), { forwarder });
    const reply = show(await askUdp(server.address, makeQuery('9.9.9.9.in-addr.arpa', 'PTR')));
    expect(reply.answers).toEqual(['9.9.9.9.in-addr.arpa. 9 PTR dns.example.']);
    expect(asked).toEqual(['9.9.9.9.in-addr.arpa PTR']);
  });

  test('P10a of ours are not, whatever the type', async () => {
    const { forwarder, asked } = upstream({});
    await using server = await startServer(pictureOf(REVERSE_RECORDS), { forwarder });
    for (const type of ['PTR', 'A', 'TXT']) {
      const reply = show(await askUdp(server.address, makeQuery('100.0.0.10.in-addr.arpa', type)));
      expect(reply).toMatchObject({ rcode: 'NOERROR', aa: true, ra: true });
    }
    expect(asked).toEqual([]);
  });
});

describe('an ExternalName that leads outside', () => {
  const name = 'external.testns.svc.cluster.local';
  const alias = `${name}. 5 CNAME ext.interwebs.test.`;

  test('K33 brings its addresses along, and their lifetime', async () => {
    const chain = [
      { name: 'ext.interwebs.test', type: 'CNAME', ttl: 60, data: 'edge.interwebs.test' },
      address('edge.interwebs.test', '192.0.2.7'),
    ];
    const { forwarder, asked } = upstream({ answers: chain });
    await using server = await startServer(pictureOf(RECORDS), { forwarder });
    const reply = show(await askUdp(server.address, makeQuery(name, 'A')));
    expect(reply).toMatchObject({ rcode: 'NOERROR', aa: true, ra: true, tc: false });
    expect(reply.answers).toEqual([
      alias,
      'ext.interwebs.test. 60 CNAME edge.interwebs.test.',
      'edge.interwebs.test. 77 A 192.0.2.7',
    ]);
    expect(asked).toEqual(['ext.interwebs.test A']);
  });

  test('K33a TC of the upstream reply is passed on', async () => {
    const { forwarder } = upstream({
      answers: [address('ext.interwebs.test', '192.0.2.7')],
      truncated: true,
    });
    await using server = await startServer(pictureOf(RECORDS), { forwarder });
    const reply = show(await askUdp(server.address, makeQuery(name, 'A')));
    expect([reply.tc, reply.answers.length]).toEqual([true, 2]);
  });

  test.each([
    ['REFUSED', upstream({ rcode: 5 }).forwarder],
    ['SERVFAIL', upstream({ rcode: 2 }).forwarder],
    ['a dead upstream', dead],
    ['no forwarder', undefined],
  ])('K33b %s: the alias alone', async (_, forwarder) => {
    await using server = await startServer(pictureOf(RECORDS), { forwarder });
    const reply = show(await askUdp(server.address, makeQuery(name, 'A', { edns: 1232 })));
    expect(reply).toMatchObject({ rcode: 'NOERROR', aa: true, answers: [alias] });
    expect(reply.error).toBe('ext.interwebs.test could not be resolved');
  });

  test('K33c a target that does not exist: the alias, and that its end does not exist', async () => {
    const { forwarder } = upstream({ rcode: 3 });
    await using server = await startServer(pictureOf(RECORDS), { forwarder });
    const reply = show(await askUdp(server.address, makeQuery(name, 'AAAA')));
    expect(reply).toMatchObject({ rcode: 'NXDOMAIN', answers: [alias] });
  });

  test('K33d for other types too', async () => {
    const mail = {
      name: 'ext.interwebs.test',
      type: 'MX',
      ttl: 9,
      data: { preference: 1, exchange: 'mx.interwebs.test' },
    };
    const { forwarder, asked } = upstream({ answers: [mail] });
    await using server = await startServer(pictureOf(RECORDS), { forwarder });
    const reply = show(await askUdp(server.address, makeQuery(name, 'MX')));
    expect(reply.answers[0]).toBe(alias);
    expect(reply.answers[1]).toContain('mx.interwebs.test');
    expect(asked).toEqual(['ext.interwebs.test MX']);
  });
});

test('replies come in the order of the answers, not of the questions', async () => {
  const waiting: (() => void)[] = [];
  const forwarder = fakeForwarder(async (query) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    const { id, questions } = decode(Buffer.from(query));
    return encode({ type: 'response', id, flags: 0x180, questions });
  });
  await using server = await startServer(pictureOf(RECORDS), { forwarder });
  const slow = askUdp(server.address, makeQuery('slow.example', 'A', { id: 1 }));
  const quick = await askUdp(server.address, makeQuery('svc1.testns.svc.cluster.local', 'A', { id: 2 }));
  expect(show(quick).answers.length).toBe(1);
  for (const resolve of waiting) resolve();
  expect(show(await slow).id).toBe(1);
});
