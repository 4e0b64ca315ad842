import { decode } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COUNT } from '../../../src/dns/cache/counts.ts';
import { readQuery } from '../../../src/dns/cache/query.ts';
import { ReplyCache } from '../../../src/dns/cache/replyCache.ts';
import { relevantPart } from '../../../src/dns/cache/relevant.ts';
import { tellReply } from '../../../src/dns/cache/storedReply.ts';
import { layoutOf } from '../../../src/dns/wire/layout.ts';
import { FakeClock } from '../../fake/clock.ts';
import { CACHE_SETTINGS } from '../support/forwarding.ts';
import { a, cname, opt, queryMessage, type QuerySketch, replyMessage, type Sketch, soa } from './messages.ts';

const AD = 0x0020;
const CD = 0x0010;

const OWNER = {};

class Fixture {
  readonly clock = new FakeClock();
  readonly cache: ReplyCache;
  limits = CACHE_SETTINGS;

  constructor(maxBytes = 1 << 20) {
    this.cache = new ReplyCache(this.clock, maxBytes);
  }

  put(query: QuerySketch, reply: Sketch, owner: object = OWNER): void {
    const read = readQuery(queryMessage(query));
    const message = replyMessage({ name: query.name ?? 'www.example.org', ...reply });
    const layout = layoutOf(message);
    const relevant = layout && relevantPart(message, layout, read?.dnssecOk ?? false);
    if (read === undefined || relevant === undefined) throw new Error('malformed in the test');
    this.cache.put(read.key, owner, { ...relevant, upstream: '192.0.2.53:53' }, this.limits);
  }

  ask(query: QuerySketch = {}, owner: object = OWNER): Uint8Array | undefined {
    const read = readQuery(queryMessage(query));
    const found = read === undefined ? undefined : this.cache.get(read.key, owner);
    const age = Math.floor((this.clock.monotonic() - (found?.storedAt ?? 0)) / 1000);
    return read && found?.reply && tellReply(found.reply, read, age);
  }

  rcode(): number | undefined {
    const message = this.ask();
    return message && (message[3] ?? 0) & 0x0f;
  }

  get size(): number {
    const { success, denial } = this.cache.state().entries;
    return success + denial;
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
  expect(fixture.size).toBe(0);
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
  fixture.put({ name: 'WwW.eXaMpLe.oRg' }, { answers: [a(60, 'WwW.eXaMpLe.oRg'), a(60, 'wWW.example.ORG')] });
  const packet = decode(Buffer.from(fixture.ask({ name: 'www.example.ORG', id: 77, flags: 0 }) ?? []));
  expect(packet.id).toBe(77);
  expect(packet.questions?.[0]?.name).toBe('www.example.ORG');
  expect(packet.answers?.map(({ name }) => name)).toEqual(['www.example.ORG', 'www.example.ORG']);
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
  expect((fixture.ask(query)?.[3] ?? 0) & (AD | CD)).toBe(AD | CD);
});

test('TTLs below the least time are raised to it, so that none is told as 0', async () => {
  const fixture = new Fixture();
  fixture.limits = { ...CACHE_SETTINGS, success: { min: 10, max: 30 } };
  fixture.put({}, { answers: [cname(300, 'b.example.org'), a(2, 'b.example.org')] });
  expect(fixture.ttls()).toEqual([300, 10]);
  await fixture.clock.advance(9000);
  expect(fixture.ttls()).toEqual([291, 1]);
});

test('what was asked of one owner is not told for another', () => {
  const fixture = new Fixture();
  fixture.put({}, { answers: [a(60)] });
  expect(fixture.ask({}, { another: true })).toBeUndefined();
  expect(fixture.size).toBe(0);
});

describe('a failure', () => {
  const failure: Sketch = { rcode: 2 };

  test('is kept for its short time', async () => {
    const fixture = new Fixture();
    fixture.put({}, failure);
    expect(fixture.rcode()).toBe(2);
    await fixture.clock.advance(1000);
    expect(fixture.rcode()).toBeUndefined();
  });

  test('never takes the place of an answer, not even of a stale one', async () => {
    const fixture = new Fixture();
    fixture.limits = { ...CACHE_SETTINGS, serveStale: 60 };
    fixture.put({}, { answers: [a(5)] });
    fixture.put({}, failure);
    expect(fixture.rcode()).toBe(0);
    await fixture.clock.advance(10_000);
    fixture.put({}, failure);
    expect(fixture.rcode()).toBe(0);
    await fixture.clock.advance(55_000);
    expect(fixture.rcode()).toBeUndefined();
  });

  test('gives way to an answer', () => {
    const fixture = new Fixture();
    fixture.put({}, failure);
    fixture.put({}, { answers: [a(5)] });
    expect(fixture.rcode()).toBe(0);
  });
});

test('answers and denials are counted apart, also those that had to make room', () => {
  const fixture = new Fixture(1400);
  fixture.put({ name: 'a.example' }, { answers: [a(60, 'a.example')] });
  fixture.put({ name: 'b.example.org' }, { rcode: 3, authorities: [soa(60, 60)] });
  expect(fixture.cache.state().entries).toEqual({ success: 1, denial: 1 });
  fixture.put({ name: 'c.example' }, { answers: [a(60, 'c.example')] });
  expect(fixture.cache.state().entries).toEqual({ success: 1, denial: 1 });
  fixture.put({ name: 'd.example' }, { answers: [a(60, 'd.example')] });
  expect(fixture.cache.state().entries).toEqual({ success: 2, denial: 0 });
  const { counts } = fixture.cache;
  expect([counts.of(COUNT.evictionsSuccess), counts.of(COUNT.evictionsDenial)]).toEqual([1, 1]);
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
        const before = fixture.size;
        fixture.put({ name: `n${name}.example` }, { answers: ttls.map((t) => a(t, `n${name}.example`)) });
        if (ttls.every((t) => t > 0 && t <= 0x7fffffff)) original.set(name, ttls);
        expect(fixture.size).toBeLessThanOrEqual(before + 1);
        expect(fixture.cache.state().octets).toBeLessThanOrEqual(8000);
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
