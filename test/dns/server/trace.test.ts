import { decode, encode } from 'dns-packet';
import { expect, test } from 'vitest';
import { podRecord } from '../../support/records.ts';
import { makeQuery } from '../support/ask.ts';
import { pictureOf, RECORDS } from '../support/cluster.ts';
import { fakeForwarder } from '../support/forwarding.ts';
import { startServer } from '../support/server.ts';
import { show } from '../support/show.ts';

const POD = '10.244.0.7';
const upstream = fakeForwarder((query) => {
  const { id, questions } = decode(Buffer.from(query));
  const name = questions[0]?.name ?? '';
  const answers = name === 'example.com' ? [{ name, type: 'A' as const, ttl: 60, data: '192.0.2.1' }] : [];
  return encode({ type: 'response', id, flags: 0x180 | (answers.length > 0 ? 0 : 3), questions, answers });
});

test.each([
  ['svc1.testns.svc.cluster.local', 'A', '', 'zone', 'NOERROR'],
  ['nope.testns.svc.cluster.local', 'A', '', 'zone', 'NXDOMAIN'],
  ['example.com', 'A', '', 'forward', 'NOERROR'],
  ['example.com.testns.svc.cluster.local', 'A', POD, 'search', 'NOERROR'],
  ['example.com.testns.svc.cluster.local', 'A', '10.9.9.9', 'zone', 'NXDOMAIN'],
  ['example.com', 'AXFR', '', 'none', 'REFUSED'],
])('%s %s from "%s" is answered by %s', async (name, type, client, step, rcode) => {
  const picture = pictureOf([...RECORDS, podRecord('testns/client', { ips: [POD] })]);
  await using server = await startServer(picture, { forwarder: upstream, settings: { search: [] } });
  const answered = await server.dns.trace(makeQuery(name, type), client);
  expect(answered.step).toBe(step);
  expect(show(Buffer.from(answered.reply ?? '')).rcode).toBe(rcode);
  // Who looks on must not change what is counted.
  expect(server.dns.counters().queries).toBe(0);
});

test('what is no query has no trace', async () => {
  await using server = await startServer(pictureOf(RECORDS));
  await expect(server.dns.trace(Buffer.alloc(4), '')).rejects.toThrow('no query');
});
