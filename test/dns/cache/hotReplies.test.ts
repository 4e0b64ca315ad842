import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyReady } from '../../../src/dns/answers/ready.ts';
import { SharedState } from '../../../src/dns/answers/sharedState.ts';
import { AnswerTable } from '../../../src/dns/answers/table.ts';
import { TableReader } from '../../../src/dns/answers/tableReader.ts';
import { COUNT, type CacheCount, CacheCounts } from '../../../src/dns/cache/counts.ts';
import { HotReader, HotReplies } from '../../../src/dns/cache/hotReplies.ts';
import { Query } from '../../../src/dns/wire/query.ts';
import { ForwarderWorld, type Says, server } from '../forward/world.ts';
import { pictureOf } from '../support/cluster.ts';
import { CACHE_SETTINGS, zone } from '../support/forwarding.ts';
import { makeResponder, type TestResponder, UDP } from '../support/responder.ts';
import { a, cname, queryMessage, type QuerySketch, soa } from './messages.ts';

const LIMIT = 1232;

/** A cache whose kept replies are shared, and a reader of them on another thread, as far as it can tell. */
class Sharing implements AsyncDisposable {
  readonly world = new ForwarderWorld();
  readonly main: TestResponder = makeResponder(pictureOf([]), this.world.forwarder);
  readonly counts = new CacheCounts();
  readonly hot: HotReplies;
  readonly #state = new SharedState();
  readonly #table = new AnswerTable(this.#state);
  readonly #readerTable = new TableReader(this.#state, 0);
  readonly #reader: HotReader;
  dice = 0.5;

  constructor(says: Says) {
    this.world.says = () => says;
    this.hot = new HotReplies(this.#table.hot, this.#state);
    this.#table.listen((id, shape) => this.#readerTable.learn(id, shape));
    this.#reader = new HotReader({
      find: (key, into) => this.#readerTable.findHot(key, into),
      counts: this.counts,
      now: () => this.world.clock.monotonic(),
      random: () => this.dice,
    });
  }

  static async of(says: Says, prefetch = 0): Promise<Sharing> {
    const sharing = new Sharing(says);
    await sharing.world.configure(zone([server(1)], { cache: { ...CACHE_SETTINGS, prefetch } }));
    return sharing;
  }

  /** What the main thread says. Whatever it finds kept is offered, as `Elsewhere` does. */
  async ask(packet: Uint8Array): Promise<Uint8Array | undefined> {
    const kept = this.world.forwarder.kept(queryOf(packet));
    if (kept?.hot !== undefined) this.hot.put(queryOf(packet), kept.hot);
    return this.main.responder.respond(packet, UDP);
  }

  /** What the other thread says; `undefined` where it leaves the question to the main one. */
  tell(packet: Uint8Array, limit = LIMIT): Uint8Array | undefined {
    this.#readerTable.enter(() => undefined);
    const out = new Uint8Array(4096);
    const length = this.#reader.writeInto(out, queryOf(packet), limit);
    this.#readerTable.leave();
    return length === 0 ? undefined : out.subarray(0, length);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.world.forwarder.close();
  }
}

function queryOf(packet: Uint8Array): Query {
  const query = new Query(1);
  query.read(packet);
  return query;
}

const ANSWERS: readonly Says[] = [
  { answers: [a(300, 'www.example.org')] },
  { answers: [cname(20, 'b.example.org'), a(9, 'b.example.org'), a(300, 'b.example.org')] },
  { rcode: 3, authorities: [soa(60, 25)] },
  { authorities: [soa(25, 60)] },
];
const NAME = 'wWw.eXample.org';
const EDNS: readonly Pick<QuerySketch, 'edns'>[] = [{}, { edns: 'plain' }, { edns: 'DO' }];
const asked = fc.record({
  edns: fc.constantFrom(...EDNS),
  name: fc.constantFrom('www.example.org', NAME),
  id: fc.integer({ min: 0, max: 0xffff }),
  flags: fc.constantFrom(0x0100, 0x0120),
});

test.each<readonly [string, Says, CacheCount, CacheCount]>([
  ['an answer', { answers: [a(60, 'www.example.org')] }, COUNT.hitsSuccess, COUNT.hitsDenial],
  ['a denial', { rcode: 3, authorities: [soa(60, 25)] }, COUNT.hitsDenial, COUNT.hitsSuccess],
])('%s that another thread tells is counted as what it is', async (_, says, counted, other) => {
  await using sharing = await Sharing.of(says);
  const packet = queryMessage({ name: 'www.example.org' });
  for (let i = 0; i < 6; i++) await sharing.ask(packet);
  expect(sharing.tell(packet)).toBeDefined();
  expect([sharing.counts.of(counted), sharing.counts.of(other)]).toEqual([1, 0]);
});

test('another thread tells a kept reply to the octet as the main thread does, however it is asked and how old it is', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...ANSWERS),
      fc.array(fc.tuple(asked, fc.integer({ min: 0, max: 4000 })), { minLength: 6, maxLength: 12 }),
      async (says, questions) => {
        await using sharing = await Sharing.of(says);
        let told = 0;
        for (const [{ edns, ...sketch }, pauseMs] of questions) {
          const packet = queryMessage({ ...sketch, ...edns });
          const own = sharing.tell(packet);
          const main = await sharing.ask(packet);
          if (own !== undefined) expect(Buffer.from(own).toString('hex')).toBe(hex(main));
          if (own !== undefined) told++;
          await sharing.world.clock.advance(pauseMs);
        }
        expect(sharing.counts.of(COUNT.requests)).toBe(told);
        expect(sharing.counts.of(COUNT.hitsSuccess) + sharing.counts.of(COUNT.hitsDenial)).toBe(told);
      },
    ),
    { numRuns: 60 },
  );
});

function hex(reply: Uint8Array | undefined): string {
  return Buffer.from(reply ?? []).toString('hex');
}

const plain = queryMessage({});

/** Asked often enough to be shared. */
async function shared(prefetch = 0): Promise<Sharing> {
  const sharing = await Sharing.of({ answers: [a(300, 'www.example.org')] }, prefetch);
  for (let i = 0; i < 5; i++) await sharing.ask(plain);
  expect(sharing.tell(plain)).toBeDefined();
  return sharing;
}

test('what is asked for once or twice is not worth a copy', async () => {
  await using sharing = await Sharing.of({ answers: [a(300, 'www.example.org')] });
  for (let i = 0; i < 2; i++) await sharing.ask(plain);
  expect(sharing.tell(plain)).toBeUndefined();
});

test.each([
  ['another name', queryMessage({ name: 'www2.example.org' })],
  ['another type', queryMessage({ type: 'AAAA' })],
  ['DO', queryMessage({ edns: 'DO' })],
  ['CD', queryMessage({ flags: 0x0110 })],
  ['no recursion', queryMessage({ flags: 0 })],
])('left to the main thread: %s', async (_what, packet) => {
  await using sharing = await shared();
  expect(sharing.tell(packet)).toBeUndefined();
});

test('left to the main thread: what has to be cut, is too old, or of servers that are not asked any more', async () => {
  await using sharing = await shared();
  expect(sharing.tell(plain, 40)).toBeUndefined();
  await sharing.world.clock.advance(29_999);
  expect(sharing.tell(plain)).toBeDefined();
  await sharing.world.clock.advance(1);
  expect(sharing.tell(plain)).toBeUndefined();
  await using other = await shared();
  other.hot.void();
  expect(other.tell(plain)).toBeUndefined();
});

test('one in sixteen questions for what is due goes to the main thread, which asks anew; then the new reply is told', async () => {
  await using sharing = await shared(3);
  await sharing.world.clock.advance(26_999);
  sharing.dice = 0;
  expect(sharing.tell(plain)).toBeDefined();
  await sharing.world.clock.advance(1);
  expect(sharing.tell(plain)).toBeUndefined();
  sharing.dice = 1 / 16;
  expect(sharing.tell(plain)).toBeDefined();
  const before = sharing.world.asked.length;
  await sharing.ask(plain);
  await sharing.world.clock.advance(0);
  expect(sharing.world.asked.length).toBe(before + 1);
  // Shared with its first question, as it was before.
  await sharing.ask(plain);
  await sharing.world.clock.advance(20_000);
  sharing.dice = 0;
  expect(sharing.tell(plain)).toBeDefined();
});

test('the memory of what is shared is bounded', () => {
  const state = new SharedState();
  const table = new AnswerTable(state);
  const hot = new HotReplies(table.hot, state);
  const wire = new Uint8Array(1000);
  const reply = { wire, questionEnd: 33, ttlOffsets: [], spellings: [] };
  const times = { hits: 9, storedAt: 0, dueAt: 9, until: 9 };
  for (let i = 0; i < 20_000; i++) {
    hot.put(queryOf(queryMessage({ name: `n${i}.example.org` })), { reply, denial: false, ...times });
  }
  expect(table.octets).toBeLessThan(20e6);
  expect(table.hot.find({ hash: 0, key: new Uint8Array(1), keyLength: 1 }, emptyReady())).toBe(false);
});
