import { decode, encode } from 'dns-packet';
import { describe, expect, test } from 'vitest';
import type { Forwarded, Forwarder } from '../../../src/dns/forward/forwarder.ts';
import { QueryLog } from '../../../src/dns/server/queryLog.ts';
import type { QueryLog as Settings } from '../../../src/dns/settings.ts';
import { askTcp, askUdp, makeQuery } from '../support/ask.ts';
import { pictureOf, RECORDS } from '../support/cluster.ts';
import { fakeForwarder, forwarding } from '../support/forwarding.ts';
import { startServer, type TestServer } from '../support/server.ts';

const ALL: Settings = { classes: ['success', 'denial', 'error'], every: 1, domains: [''] };
const SERVICE = 'svc1.testns.svc.cluster.local';

async function logging(settings: Partial<Settings>, forwarder?: Forwarder): Promise<TestServer> {
  const server = await startServer(pictureOf(RECORDS), { forwarder });
  await server.dns.configure({ ...forwarding(), queryLog: { ...ALL, ...settings } });
  return server;
}

/** A forwarder that always does this one thing. */
function always(does: Omit<Forwarded, 'reply'> & { rcode?: number }): Forwarder {
  const forward = (query: Uint8Array): Forwarded => {
    const { id, questions } = decode(Buffer.from(query));
    const reply = encode({ type: 'response', id, flags: 0x180 | (does.rcode ?? 0), questions });
    return { reply, ...does };
  };
  return { ...fakeForwarder(() => undefined), forward };
}

const lines = ({ log }: TestServer): string[] =>
  log.lines
    .filter(({ message }) => message.includes(' - '))
    .map(
      ({ message, fields }) => `${message.replace(/127\.0\.0\.1:\d+/, 'CLIENT')} ${JSON.stringify(fields)}`,
    );

test('a line is CoreDNS’s, and what answered', async () => {
  await using server = await logging({});
  await askUdp(server.address, makeQuery('SVC1.testns.svc.cluster.local', 'A', { id: 4711 }));
  await askTcp(server.address, makeQuery('svc0.testns.svc.cluster.local', 'AAAA', { id: 5, edns: 1232 }));
  await askUdp(server.address, makeQuery('example.com', 'UNKNOWN_4711', { id: 6, recursion: false }));
  expect(lines(server)).toEqual([
    `CLIENT - 4711 "A IN ${SERVICE}. udp 47 false 512" NOERROR qr,aa,rd 63 0.000000000s {"step":"zone"}`,
    `CLIENT - 5 "AAAA IN svc0.testns.svc.cluster.local. tcp 58 false 1232" NXDOMAIN qr,aa,rd 140 0.000000000s {"step":"zone"}`,
    'CLIENT - 6 "TYPE4711 IN example.com. udp 29 false 512" REFUSED qr 29 0.000000000s {"step":"refused"}',
  ]);
});

test.each<[string, Forwarder, object]>([
  [
    'the cache',
    always({ step: 'cache', upstream: '192.0.2.53:53', error: undefined }),
    { step: 'cache', upstream: '192.0.2.53:53' },
  ],
  [
    'a stale answer',
    always({ step: 'stale', upstream: '192.0.2.53:53', error: undefined }),
    { step: 'stale', upstream: '192.0.2.53:53' },
  ],
  ['a server', fakeForwarder(() => undefined), { step: 'forward', upstream: '192.0.2.53:53' }],
  ['nobody', always({ step: 'busy', upstream: '', error: undefined, rcode: 2 }), { step: 'busy' }],
])('names outside the cluster: %s', async (_what, forwarder, fields) => {
  await using server = await logging({}, forwarder);
  await askUdp(server.address, makeQuery('www.example', 'A'));
  expect(server.log.lines.at(-1)?.fields).toEqual(fields);
});

describe('which queries are logged', () => {
  const NAMES = [SERVICE, 'svc0.testns.svc.cluster.local', 'www.example.com', 'xexample.com'];

  test.each<[string, Partial<Settings>, readonly string[]]>([
    ['none', { classes: [] }, []],
    ['all', {}, NAMES],
    ['errors', { classes: ['error'] }, NAMES.slice(2)],
    ['denials', { classes: ['denial'] }, [NAMES[1] ?? '']],
    ['successes', { classes: ['success'] }, [SERVICE]],
    ['one in two', { every: 2 }, [NAMES[1] ?? '', NAMES[3] ?? '']],
    ['those of some domains', { domains: ['example.com', 'svc.cluster.local'] }, NAMES.slice(0, 3)],
  ])('%s', async (_what, settings, expected) => {
    await using server = await logging(settings);
    for (const name of NAMES) await askUdp(server.address, makeQuery(name, 'A'));
    expect(lines(server).map((line) => /IN (\S+)\. /.exec(line)?.[1])).toEqual(expected);
  });
});

test('settings may change while queries come', async () => {
  await using server = await logging({ classes: [] });
  await askUdp(server.address, makeQuery(SERVICE, 'A'));
  await server.dns.configure({ ...forwarding(), queryLog: ALL });
  await askUdp(server.address, makeQuery(SERVICE, 'A'));
  await server.dns.configure({ ...forwarding(), queryLog: { ...ALL, classes: [] } });
  await askUdp(server.address, makeQuery(SERVICE, 'A'));
  expect(lines(server)).toHaveLength(1);
  expect(new QueryLog(server.log).on).toBe(false);
});
