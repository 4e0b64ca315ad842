/** Names by the thousand that nobody has heard of: what they cost stays bounded, and the cluster is answered on. */
import { decode, encode } from 'dns-packet';
import { describe, expect, test } from 'vitest';
import { COUNT } from '../../../src/dns/cache/counts.ts';
import type { Transport } from '../../../src/dns/forward/transport/transport.ts';
import { FakeClock } from '../../fake/clock.ts';
import { makeQuery } from '../support/ask.ts';
import { pictureOf, RECORDS } from '../support/cluster.ts';
import { forwarderOver } from '../support/forwarding.ts';
import { makeResponder, type TestResponder, UDP } from '../support/responder.ts';
import { show } from '../support/show.ts';

const FLOOD = 10_000;
/** Ready answers that say no. */
const MAX_DENIALS = 8192;
const CACHE_BYTES = 200_000;
/** Questions that one upstream server may owe us, beside our own whether it leads back here; clients that wait. */
const MAX_ASKED = 1000 + 1;
const MAX_WAITING = 4096;

function answersTheCluster({ responder }: TestResponder): void {
  const reply = responder.respond(makeQuery('svc1.testns.svc.cluster.local', 'A'), UDP);
  expect(reply instanceof Uint8Array && show(reply).answers.length).toBe(1);
}

describe('within the cluster’s domains', () => {
  test.each([
    ['Services', (i: number) => `svc-${i}.testns.svc.cluster.local`, 'A', 'NXDOMAIN'],
    ['namespaces', (i: number) => `svc1.ns-${i}.svc.cluster.local`, 'AAAA', 'NXDOMAIN'],
    ['endpoints', (i: number) => `ep-${i}.hdls1.testns.svc.cluster.local`, 'A', 'NXDOMAIN'],
    ['ports', (i: number) => `_p${i}._tcp.svc1.testns.svc.cluster.local`, 'SRV', 'NXDOMAIN'],
    [
      'pods, which exist',
      (i: number) => `10-7-${i >> 8}-${i & 0xff}.podns.pod.cluster.local`,
      'A',
      'NOERROR',
    ],
    ['addresses', (i: number) => `${i & 0xff}.${i >> 8}.7.10.in-addr.arpa`, 'PTR', 'NXDOMAIN'],
    ['deep names', (i: number) => `a.b.c.d.e.f.${i}.testns.svc.cluster.local`, 'A', 'NXDOMAIN'],
    ['types', () => 'svc1.testns.svc.cluster.local', 'UNKNOWN_', 'NOERROR'],
  ])('%s', (_what, nameOf, type, rcode) => {
    const server = makeResponder(pictureOf(RECORDS));
    answersTheCluster(server);
    const { table } = server.answers;
    const { size } = table;
    for (let i = 0; i < FLOOD; i++) {
      const asked = type === 'UNKNOWN_' ? `UNKNOWN_${1000 + i}` : type;
      const reply = server.responder.respond(makeQuery(nameOf(i), asked), UDP);
      if (i % 1000 === 0) expect(reply instanceof Uint8Array && show(reply).rcode).toBe(rcode);
    }
    answersTheCluster(server);
    expect(table.size - size).toBeLessThanOrEqual(MAX_DENIALS);
    expect(table.octets).toBeLessThan(8_000_000);
  });
});

describe('outside', () => {
  test('an upstream that knows every name: the cache stays within its bytes', async () => {
    const forwarder = await forwarderOver(knowing(), new FakeClock(), CACHE_BYTES);
    const server = makeResponder(pictureOf(RECORDS), forwarder);
    for (let i = 0; i < FLOOD / 4; i++) {
      await server.responder.respond(makeQuery(`n${i}.example`, 'A'), UDP);
      if (i % 500 === 0) answersTheCluster(server);
    }
    // An entry takes at least its 28 octets of question and 16 of answer, and what keeping it costs.
    const { entries, octets } = forwarder.state().cache;
    expect(octets).toBeLessThanOrEqual(CACHE_BYTES);
    expect(entries.success).toBeLessThan(CACHE_BYTES / 500);
    expect(entries.success).toBeGreaterThan(100);
  });

  test('a name asked all the time outlives a flood of others', async () => {
    const forwarder = await forwarderOver(knowing(), new FakeClock(), CACHE_BYTES);
    const server = makeResponder(pictureOf(RECORDS), forwarder);
    for (let i = 0; i < FLOOD / 4; i++) {
      await server.responder.respond(makeQuery('popular.example', 'A'), UDP);
      await server.responder.respond(makeQuery(`n${i}.example`, 'A'), UDP);
    }
    expect(forwarder.state().cache.counts.of(COUNT.hitsSuccess)).toBe(FLOOD / 4 - 1);
  });

  test('an upstream that never answers: so many wait, and all others are told at once', async () => {
    let asking = 0;
    let most = 0;
    const silent: Transport = {
      exchange: () => {
        most = Math.max(most, ++asking);
        return new Promise(() => undefined);
      },
    };
    const forwarder = await forwarderOver(silent, new FakeClock(), CACHE_BYTES);
    const server = makeResponder(pictureOf(RECORDS), forwarder);
    const rcodes = new Map<string, number>();
    for (let i = 0; i < FLOOD; i++) {
      const reply = server.responder.respond(makeQuery(`n${i}.example`, 'A'), UDP);
      void Promise.resolve(reply).then((message) => {
        const rcode = message === undefined ? 'none' : show(message).rcode;
        rcodes.set(rcode, (rcodes.get(rcode) ?? 0) + 1);
      });
      if (i % 1000 === 0) {
        await new Promise((resolve) => setImmediate(resolve));
        answersTheCluster(server);
      }
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(most).toBeLessThanOrEqual(MAX_ASKED);
    expect([...rcodes.keys()]).toEqual(['SERVFAIL']);
    expect(rcodes.get('SERVFAIL')).toBeGreaterThanOrEqual(FLOOD - MAX_WAITING);
  });
});

/** One address for every name, for a day. */
function knowing(): Transport {
  return {
    exchange: ({ message }) => {
      const { id, questions } = decode(Buffer.from(message));
      const [{ name } = { name: '' }] = questions;
      const answers = [{ name, type: 'A', ttl: 86_400, data: '192.0.2.1' }];
      const reply = encode({ type: 'response', id, flags: 0x180, questions, answers });
      return Promise.resolve({ kind: 'reply', message: reply });
    },
  };
}
