import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Answers } from '../../../src/dns/answers/answers.ts';
import { ReplyWriter } from '../../../src/dns/answers/writer.ts';
import { DnsCounters } from '../../../src/dns/server/counters.ts';
import { type Link, Responder } from '../../../src/dns/server/responder.ts';
import { layoutOf } from '../../../src/dns/wire/layout.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeLog } from '../../fake/log.ts';
import { makeQuery } from '../support/ask.ts';
import { pictureOf, RECORDS, SETTINGS } from '../support/cluster.ts';
import { fakeForwarder } from '../support/server.ts';

const UDP: Link = { protocol: 0, family: 0, limit: 1232 };
const TCP: Link = { protocol: 1, family: 1, limit: 65_535 };
/** More in the long run of `FUZZ_PACKETS=5000000 npx vitest run --project unit fuzz`. */
const PACKETS = Number(process.env['FUZZ_PACKETS'] ?? 60_000);

function makeResponder(forwards: boolean): { responder: Responder; counters: DnsCounters } {
  const counters = new DnsCounters();
  const writer = new ReplyWriter(Math.random);
  const answers = new Answers(SETTINGS, writer.order);
  answers.update(pictureOf(RECORDS), undefined, 1);
  const forwarder = forwards
    ? fakeForwarder((query) => query.map((octet, i) => (i === 2 ? octet | 0x80 : octet)))
    : undefined;
  const parts = { answers, writer, forwarder, counters, clock: new FakeClock(), log: new FakeLog(), seed: 1 };
  return { responder: new Responder(parts), counters };
}

const SEEDS: readonly Buffer[] = [
  makeQuery('svc1.testns.svc.cluster.local', 'A'),
  makeQuery('hdls1.testns.svc.cluster.local', 'A', { edns: 512 }),
  makeQuery('_http._tcp.hdls1.testns.svc.cluster.local', 'SRV', { edns: 1232 }),
  makeQuery('external.testns.svc.cluster.local', 'A', { edns: 4096 }),
  makeQuery('chain-11.testns.svc.cluster.local', 'AAAA'),
  makeQuery('3.1.0.172.in-addr.arpa', 'PTR', { edns: 0 }),
  makeQuery('10-0-0-1.podns.pod.cluster.local', 'A'),
  makeQuery('cluster.local', 'NS'),
  makeQuery('version.bind', 'TXT'),
  makeQuery('example.com', 'MX', { edns: 1232 }),
];

/** A small generator of its own: fast-check's would take longer than the server. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
}

/** One of the seeds with some octets changed, cut off, put in, or doubled. */
function mutate(random: (below: number) => number): Uint8Array {
  let packet: Uint8Array = Uint8Array.from(SEEDS[random(SEEDS.length)] ?? []);
  for (let rounds = 1 + random(4); rounds > 0; rounds--) {
    const at = random(packet.length);
    switch (random(5)) {
      case 0:
        packet[at] = random(256);
        break;
      case 1:
        packet[at] = (packet[at] ?? 0) ^ (1 << random(8));
        break;
      case 2:
        packet = packet.slice(0, at);
        break;
      case 3:
        packet = Uint8Array.from([...packet.subarray(0, at), random(256), ...packet.subarray(at)]);
        break;
      default:
        packet = Uint8Array.from([...packet, ...packet.subarray(at)]);
    }
  }
  return packet;
}

/** What must hold of every reply, whatever was asked. */
function check(packet: Uint8Array, reply: Uint8Array | undefined, limit: number): void {
  const responded = packet.length < 12 || ((packet[2] ?? 0) & 0x80) !== 0;
  if (responded !== (reply === undefined)) throw new Error(`answered or not: ${hex(packet)}`);
  if (reply === undefined) return;
  const sound =
    reply.length <= limit &&
    reply[0] === packet[0] &&
    reply[1] === packet[1] &&
    ((reply[2] ?? 0) & 0x80) !== 0 &&
    (reply.length === 12 || layoutOf(reply)?.records.every((record) => record.end <= reply.length));
  if (!sound) throw new Error(`to ${hex(packet)} came ${hex(reply)}`);
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}

test.each([false, true])(`${PACKETS} mutated packets, with a forwarder: %s`, async (forwards) => {
  const { responder, counters } = makeResponder(forwards);
  const random = makeRandom(forwards ? 1 : 2);
  const late: Promise<void>[] = [];
  for (let i = 0; i < PACKETS / 2; i++) {
    const packet = mutate(random);
    const link = i % 2 === 0 ? UDP : TCP;
    const reply = responder.respond(packet, link);
    if (reply instanceof Promise) late.push(reply.then((message) => check(packet, message, link.limit)));
    else check(packet, reply, link.limit);
    if (late.length === 1000) await Promise.all(late.splice(0));
  }
  await Promise.all(late);
  expect(counters.faults).toBe(0);
  // The mutations must not all be turned away at the door.
  expect(counters.responses[0]).toBeGreaterThan(PACKETS / 50);
  expect(counters.responses[1]).toBeGreaterThan(PACKETS / 50);
});

test('octets out of nowhere', () => {
  const { responder, counters } = makeResponder(false);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 700 }), (packet) => {
      check(packet, responder.respond(packet, UDP) as Uint8Array | undefined, 1232);
    }),
    { numRuns: 2_000 },
  );
  expect(counters.faults).toBe(0);
});
