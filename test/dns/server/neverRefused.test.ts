import { encode } from 'dns-packet';
import { describe, expect, test } from 'vitest';
import type { Picture } from '../../../src/catalog/picture.ts';
import { createForwarder } from '../../../src/dns/forward/createForwarder.ts';
import type { Forwarder } from '../../../src/dns/forward/forwarder.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeLog } from '../../fake/log.ts';
import { FakeUpstream } from '../forward/fakeUpstream.ts';
import { askTcp, askUdp, makeQuery } from '../support/ask.ts';
import { pictureOf, RECORDS } from '../support/cluster.ts';
import { fakeForwarder, forwarding, NO_SOURCES, zone } from '../support/forwarding.ts';
import { makeResponder, UDP } from '../support/responder.ts';
import { startServer } from '../support/server.ts';
import { show } from '../support/show.ts';

const NAMES = [
  ['a Service', 'svc1.testns.svc.cluster.local', 'A'],
  ['a missing Service', 'svc0.testns.svc.cluster.local', 'AAAA'],
  ['an alias', 'external.testns.svc.cluster.local', 'A'],
  ['a pod', '10-240-0-1.podns.pod.cluster.local', 'A'],
  ['an address', '1.0.0.10.in-addr.arpa', 'PTR'],
  ['a foreign address', '9.9.9.9.in-addr.arpa', 'PTR'],
  ['a foreign name', 'example.com', 'A'],
  ['a single label', 'kubernetes', 'A'],
  ['any type', 'svc1.testns.svc.cluster.local', 'ANY'],
] as const;

const STATES: readonly (readonly [string, () => Picture, () => Forwarder])[] = [
  ['in order', whole, () => replying(0)],
  ['before anything has been read', () => pictureOf([], false), () => replying(0)],
  ['before everything has been read', () => pictureOf(RECORDS, false), () => replying(0)],
  ['a dead upstream', whole, () => fakeForwarder(() => undefined)],
  ['an upstream that sends garbage', whole, () => fakeForwarder(() => Buffer.from('no message at all'))],
  ['a forwarder at fault', whole, () => fakeForwarder(() => Promise.reject(new Error('at fault')))],
];

function whole(): Picture {
  return pictureOf(RECORDS);
}

function replying(rcode: number): Forwarder {
  return fakeForwarder((query) => {
    const reply = Uint8Array.from(query);
    reply[2] = (reply[2] ?? 0) | 0x80;
    reply[3] = 0x80 | rcode;
    return reply;
  });
}

/** musl takes only NOERROR and NXDOMAIN for an answer, tries again after SERVFAIL, and waits 5 s after all else. */
describe('A7 no client of musl is left waiting', () => {
  test.each(STATES)('%s', async (_, picture, forwarder) => {
    await using server = await startServer(picture(), { forwarder: forwarder() });
    for (const [what, name, type] of NAMES) {
      for (const ask of [askUdp, askTcp]) {
        const { rcode } = show(await ask(server.address, makeQuery(name, type)));
        expect(['NOERROR', 'NXDOMAIN', 'SERVFAIL'], `${what}: ${rcode}`).toContain(rcode);
      }
    }
  });

  test.each([1, 4, 5, 9, 15])('an upstream that says rcode %i to everything', async (rcode) => {
    const upstream = await FakeUpstream.start((query) => {
      const { id = 0, questions = [] } = query.packet;
      query.send(encode({ type: 'response', id, flags: 0x180 | rcode, questions }));
    });
    const clock = new FakeClock();
    const forwarder = createForwarder({ host: NO_SOURCES, clock, log: new FakeLog() });
    await forwarder.configure(forwarding(zone([upstream.address])));
    await using server = await startServer(whole(), { forwarder });
    const reply = show(await askUdp(server.address, makeQuery('example.com', 'A')));
    expect(reply.rcode).toBe('SERVFAIL');
    await forwarder.close();
    upstream.stop();
  });

  test('more queries than may wait: SERVFAIL at once, and the cluster is answered on', async () => {
    const forwarder = fakeForwarder(() => new Promise(() => undefined));
    const { responder } = makeResponder(whole(), forwarder);
    const turnedAway: string[] = [];
    for (let i = 0; i < 4096 + 200; i++) {
      const reply = responder.respond(makeQuery(`n${i}.example`, 'A'), UDP);
      void Promise.resolve(reply).then((message) => message && turnedAway.push(show(message).rcode));
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(turnedAway).toEqual(Array.from({ length: 200 }, () => 'SERVFAIL'));
    const own = responder.respond(makeQuery('svc1.testns.svc.cluster.local', 'A'), UDP);
    expect(own instanceof Uint8Array && show(own).answers.length).toBe(1);
  });
});
