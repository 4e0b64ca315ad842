import { describe, expect, test } from 'vitest';
import { ReplyWriter } from '../../../../src/dns/answers/writer.ts';
import { DnsCounters } from '../../../../src/dns/server/counters.ts';
import { ClientLimit } from '../../../../src/dns/server/limits/clientLimit.ts';
import { Gate } from '../../../../src/dns/server/limits/gate.ts';
import { parseCidr } from '../../../../src/net/cidr.ts';
import { FakeClock } from '../../../fake/clock.ts';
import { askTcp, askUdp, makeQuery } from '../../support/ask.ts';
import { pictureOf, RECORDS } from '../../support/cluster.ts';
import { startServer } from '../../support/server.ts';
import { show } from '../../support/show.ts';

const NAME = 'svc1.testns.svc.cluster.local';

function limitOf(
  perSecond: number,
  exempt: readonly string[] = [],
): { limit: ClientLimit; clock: FakeClock } {
  const clock = new FakeClock();
  const cidrs = exempt.flatMap((text) => parseCidr(text) ?? []);
  return { limit: new ClientLimit({ perSecond, slip: 1, exempt: cidrs }, clock, 7), clock };
}

/** How many of so many queries at once are allowed. */
function allowed(limit: ClientLimit, address: string, count: number): number {
  return Array.from({ length: count }, () => limit.allows(address)).filter(Boolean).length;
}

describe('the limit', () => {
  test('a second’s worth at once, and then at the rate', async () => {
    const { limit, clock } = limitOf(100);
    expect(allowed(limit, '10.0.0.1', 500)).toBe(100);
    await clock.advance(100);
    expect(allowed(limit, '10.0.0.1', 500)).toBe(10);
    await clock.advance(60_000);
    expect(allowed(limit, '10.0.0.1', 500)).toBe(100);
  });

  test.each([1, 3, 50, 333, 10_000])('%i a second are that many in the long run', async (rate) => {
    const { limit, clock } = limitOf(rate);
    let sum = 0;
    for (let second = 0; second < 20; second++) {
      for (let tick = 0; tick < 10; tick++) {
        sum += allowed(limit, '10.0.0.1', rate);
        await clock.advance(100);
      }
    }
    expect(sum).toBeGreaterThanOrEqual(20 * rate);
    expect(sum).toBeLessThanOrEqual(21 * rate + 1);
  });

  test.each([
    ['another IPv4 client has its own', '10.0.0.1', '10.0.0.2', 10],
    ['an IPv6 client is its /64', '2001:db8::1', '2001:db8::ffff:1', 0],
    ['another /64 is another client', '2001:db8::1', '2001:db8:0:1::1', 10],
    ['link-local clients are told apart', 'fe80::1%eth0', 'fe80::2%eth0', 10],
    ['and each is one on any link', 'fe80::1%eth0', 'fe80::1%2', 0],
  ])('%s', (_, first, second, left) => {
    const { limit } = limitOf(10);
    expect(allowed(limit, first, 20)).toBe(10);
    expect(allowed(limit, second, 20)).toBe(left);
  });

  test.each(['10.1.2.3', 'fd00::7', 'fe80::9%eth0'])('%s is exempt', (address) => {
    const { limit } = limitOf(1, ['10.1.0.0/16', 'fd00::/8', 'fe80::/10']);
    expect(allowed(limit, address, 1000)).toBe(1000);
  });

  test('a flood from forged addresses leaves almost every client its share', () => {
    const { limit } = limitOf(10);
    for (let i = 0; i < 1000; i++) allowed(limit, `203.0.${i >> 8}.${i & 0xff}`, 100);
    const shares = Array.from({ length: 250 }, (_, i) => allowed(limit, `10.244.0.${i}`, 10));
    expect(shares.filter((share) => share === 10).length).toBeGreaterThan(200);
  });
});

describe('what a query above the limit gets', () => {
  test.each([
    [0, 0],
    [1, 100],
    [2, 50],
    [10, 10],
  ])('slip %i: %i of a hundred are sent to TCP', (slip, told) => {
    const counters = new DnsCounters();
    const { limit } = limitOf(1);
    const gate = new Gate(limit, slip, new ReplyWriter(Math.random), counters);
    const query = makeQuery(NAME, 'A');
    const replies = Array.from({ length: 100 }, () => gate.turnAway(query)).filter((r) => r !== undefined);
    expect(replies.length).toBe(told);
    expect([counters.limitedTruncated, counters.limitedDropped]).toEqual([told, 100 - told]);
    for (const reply of replies) expect(reply.length).toBe(query.length);
  });

  test.each([
    ['EDNS', makeQuery(NAME, 'A', { edns: 1232 }), true],
    ['a response', makeQuery(NAME, 'A').fill(0x80, 2, 3), false],
    ['a malformed query', makeQuery(NAME, 'A').subarray(0, 20), false],
  ])('%s', (_, packet, told) => {
    const gate = new Gate(limitOf(1).limit, 1, new ReplyWriter(Math.random), new DnsCounters());
    const reply = gate.turnAway(packet);
    expect(reply !== undefined).toBe(told);
    if (reply === undefined) return;
    expect(show(reply)).toMatchObject({
      rcode: 'NOERROR',
      tc: true,
      answers: [],
      opt: { udpPayloadSize: 1232 },
    });
    expect(reply.length).toBe(packet.length);
  });

  test('through sockets: cut short by UDP, whole by TCP, and whole again a second later', async () => {
    const clientLimit = { perSecond: 5, slip: 1, exempt: [] };
    await using server = await startServer(pictureOf(RECORDS), { clientLimit });
    const ask = async (): Promise<boolean> => show(await askUdp(server.address, makeQuery(NAME, 'A'))).tc;
    const cut = [];
    for (let i = 0; i < 8; i++) cut.push(await ask());
    expect(cut).toEqual([false, false, false, false, false, true, true, true]);
    expect(show(await askTcp(server.address, makeQuery(NAME, 'A')))).toMatchObject({ tc: false });
    expect(server.dns.counters().limitedTruncated).toBe(3);
    await server.clock.advance(1000);
    expect(await ask()).toBe(false);
  });
});
