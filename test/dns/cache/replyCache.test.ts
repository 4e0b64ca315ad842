import { decode } from 'dns-packet';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/dns/cache/lifetime.ts';
import { readQuery } from '../../../src/dns/cache/query.ts';
import { ReplyCache } from '../../../src/dns/cache/replyCache.ts';
import { storeReply, tellReply } from '../../../src/dns/cache/storedReply.ts';
import { layoutOf } from '../../../src/dns/wire/layout.ts';
import { FakeClock } from '../../fake/clock.ts';
import { a, cname, opt, queryMessage, type QuerySketch, replyMessage, type Sketch, soa } from './messages.ts';

const AD = 0x0020;
const CD = 0x0010;

class Fixture {
  readonly clock = new FakeClock();
  readonly cache: ReplyCache;

  constructor(maxBytes = 1 << 20) {
    this.cache = new ReplyCache(this.clock, DEFAULT_LIMITS, maxBytes);
  }

  put(query: QuerySketch, reply: Sketch): void {
    const read = readQuery(queryMessage(query));
    const message = replyMessage({ name: query.name ?? 'www.example.org', ...reply });
    const layout = layoutOf(message);
    if (read === undefined || layout === undefined) throw new Error('malformed in the test');
    this.cache.put(read.key, storeReply(message, layout), message, layout);
  }

  ask(query: QuerySketch = {}): Uint8Array | undefined {
    const read = readQuery(queryMessage(query));
    const found = read === undefined ? undefined : this.cache.get(read.key);
    return read && found && tellReply(found.reply, read, found.age);
  }

  ttls(): (number | undefined)[] {
    const message = this.ask();
    const packet = message === undefined ? undefined : decode(Buffer.from(message));
    const records = [...(packet?.answers ?? []), ...(packet?.authorities ?? [])];
    return records.map((record) => ('ttl' in record ? record.ttl : undefined));
  }
}

test('TTLs count down, each from its own', async () => {
  const fixture = new Fixture();
  fixture.put({}, { answers: [cname(300, 'b.example.org'), a(12, 'b.example.org')] });
  expect(fixture.ttls()).toEqual([300, 12]);
  await fixture.clock.advance(1999);
  expect(fixture.ttls()).toEqual([299, 11]);
  await fixture.clock.advance(10_000);
  expect(fixture.ttls()).toEqual([289, 1]);
  await fixture.clock.advance(1);
  expect(fixture.ask()).toBeUndefined();
  expect(fixture.cache.entries).toBe(0);
});

test('a denial counts down by its SOA', async () => {
  const fixture = new Fixture();
  fixture.put({}, { rcode: 3, authorities: [soa(60, 5)] });
  await fixture.clock.advance(4000);
  expect(fixture.ttls()).toEqual([56]);
  await fixture.clock.advance(1000);
  expect(fixture.ask()).toBeUndefined();
});

test.each<[string, QuerySketch, boolean]>([
  ['the same', {}, true],
  ['other capitals', { name: 'WWW.Example.ORG' }, true],
  ['EDNS without DO', { edns: 'plain' }, true],
  ['AD', { flags: 0x0100 | AD }, true],
  ['another ID', { id: 9999 }, true],
  ['DO', { edns: 'DO' }, false],
  ['CD', { flags: 0x0100 | CD }, false],
  ['another type', { type: 'AAAA' }, false],
  ['another class', { class: 'CH' }, false],
  ['another name', { name: 'ww.example.org' }, false],
])('an answer to A of www.example.org serves a query for %s: %o: %s', (_what, query, served) => {
  const fixture = new Fixture();
  fixture.put({}, { answers: [a(60)] });
  expect(fixture.ask(query) !== undefined).toBe(served);
});

test('the reply is spelled as this client asked, ID and flags its own', () => {
  const fixture = new Fixture();
  fixture.put({ name: 'WwW.eXaMpLe.oRg' }, { answers: [a(60, 'WwW.eXaMpLe.oRg'), a(60, 'other.example')] });
  const packet = decode(Buffer.from(fixture.ask({ name: 'www.example.ORG', id: 77, flags: 0 }) ?? []));
  expect(packet.id).toBe(77);
  expect(packet.questions?.[0]?.name).toBe('www.example.ORG');
  expect(packet.answers?.map(({ name }) => name)).toEqual(['www.example.ORG', 'other.example']);
  expect(packet.flags).toBe(0x0080);
});

test.each<[string, QuerySketch, boolean]>([
  ['nobody asked for it', {}, false],
  ['AD was set', { flags: 0x0100 | AD }, true],
])('AD of the upstream server, where %s: %o: %s', (_what, query, told) => {
  const fixture = new Fixture();
  fixture.put({}, { answers: [a(60)], flags: AD });
  expect(((fixture.ask(query)?.[3] ?? 0) & AD) !== 0).toBe(told);
});

test('AD and CD with DO', () => {
  const fixture = new Fixture();
  const query: QuerySketch = { edns: 'DO', flags: 0x0100 | CD };
  fixture.put(query, { answers: [a(60)], flags: AD, additionals: [opt(true)] });
  const message = fixture.ask(query);
  expect((message?.[3] ?? 0) & (AD | CD)).toBe(AD | CD);
  expect(decode(Buffer.from(message ?? [])).additionals).toMatchObject([{ type: 'OPT', flag_do: true }]);
});

test('what stands after the OPT record goes with it', () => {
  const fixture = new Fixture();
  fixture.put({}, { answers: [a(60)], additionals: [a(60, 'ns.example.org'), opt(), a(60, 'x.example')] });
  const packet = decode(Buffer.from(fixture.ask() ?? []));
  expect(packet.additionals?.map(({ name }) => name)).toEqual(['ns.example.org']);
});

test('a stored reply is not changed by telling it', async () => {
  const fixture = new Fixture();
  fixture.put({}, { answers: [a(20)] });
  await fixture.clock.advance(5000);
  expect(fixture.ttls()).toEqual([15]);
  expect(fixture.ttls()).toEqual([15]);
});

test('no TTL is ever told above the original or below one, and memory stays bounded', async () => {
  const ttl = fc.integer({ min: 0, max: 0xffffffff });
  const put = fc.record({ name: fc.nat({ max: 40 }), ttls: fc.array(ttl, { minLength: 1, maxLength: 5 }) });
  const step = fc.record({ put, waitMs: fc.nat({ max: 9000 }), ask: fc.nat({ max: 40 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const fixture = new Fixture(8000);
      const original = new Map<number, number[]>();
      for (const {
        put: { name, ttls },
        waitMs,
        ask,
      } of steps) {
        const before = fixture.cache.entries;
        fixture.put({ name: `n${name}.example` }, { answers: ttls.map((t) => a(t, `n${name}.example`)) });
        if (ttls.every((t) => t > 0 && t <= 0x7fffffff)) original.set(name, ttls);
        expect(fixture.cache.entries).toBeLessThanOrEqual(before + 1);
        expect(fixture.cache.bytes).toBeLessThanOrEqual(8000);
        await fixture.clock.advance(waitMs);
        const message = fixture.ask({ name: `n${ask}.example` });
        if (message === undefined) continue;
        const told = decode(Buffer.from(message)).answers ?? [];
        const kept = original.get(ask) ?? [];
        expect(told).toHaveLength(kept.length);
        told.forEach((record, i) => {
          const value = 'ttl' in record ? (record.ttl ?? 0) : 0;
          expect(value).toBeGreaterThanOrEqual(1);
          expect(value).toBeLessThanOrEqual(kept[i] ?? 0);
        });
      }
    }),
    { numRuns: 60 },
  );
});
