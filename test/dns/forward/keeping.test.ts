/** What is kept, what is asked for again, and what happens when servers fail or are busy. */
import { describe, expect, test } from 'vitest';
import { COUNT } from '../../../src/dns/cache/counts.ts';
import type { CacheSettings } from '../../../src/dns/settings.ts';
import { CACHE_SETTINGS, zone } from '../support/forwarding.ts';
import { address, denial, ForwarderWorld, server } from './world.ts';

const CD = 0x0010;

test('DO and CD are questions of their own', async () => {
  await using world = new ForwarderWorld();
  await world.serve([server(1)]);
  world.says = address('192.0.2.1');
  const kinds = [{}, { dnssec: true }, { flags: 0x100 | CD }, { dnssec: true, flags: 0x100 | CD }];
  for (const kind of kinds) expect((await world.ask('www.example', kind)).step).toBe('forward');
  for (const kind of kinds) expect((await world.ask('www.example', kind)).step).toBe('cache');
  expect(world.names()).toHaveLength(4);
});

test('a query without RD is passed on, and its answer is nobody else’s', async () => {
  await using world = new ForwarderWorld();
  await world.serve([server(1)]);
  world.says = () => ({});
  expect((await world.ask('www.example', { flags: 0 })).answers).toEqual([]);
  world.says = address('192.0.2.1');
  expect((await world.ask('www.example')).answers).toEqual(['192.0.2.1 60']);
  expect((await world.ask('www.example', { flags: 0 })).step).toBe('forward');
  world.says = () => 'silent';
  const unanswered = world.ask('www.example', { flags: 0 });
  await world.clock.advance(4500);
  expect(await unanswered).toMatchObject({
    step: 'forward',
    error: '22: no upstream server answered in time',
  });
});

test('a truncated reply is told, and not kept', async () => {
  await using world = new ForwarderWorld();
  await world.serve([server(1)]);
  world.says = (asked) => (asked.by === 'tcp' ? 'silent' : { ...address('192.0.2.1')(asked), flags: 0x200 });
  const asked = world.ask('www.example');
  await world.clock.advance(4500);
  expect(await asked).toMatchObject({ step: 'forward', answers: ['192.0.2.1 60'] });
  expect(world.forwarder.state().cache.entries).toEqual({ success: 0, denial: 0 });
});

test('a name that another server slipped into its answer is asked for all the same', async () => {
  await using world = new ForwarderWorld();
  await world.configure(zone([server(1)]), zone([server(2)], { domain: 'evil.example' }));
  const poison = { name: 'bank.example', type: 'A', ttl: 3600, data: '203.0.113.6' } as const;
  world.says = (asked) => {
    const { answers = [] } = address(`192.0.2.${asked.server.at(-1)}`)(asked);
    return { answers: asked.server === '10.0.0.2' ? [...answers, poison] : answers };
  };
  expect((await world.ask('www.evil.example')).answers).toEqual(['192.0.2.2 60']);
  expect((await world.ask('bank.example')).answers).toEqual(['192.0.2.1 60']);
  expect(world.forwarder.state().cache.counts.of(COUNT.drops)).toBe(1);
});

describe('failures', () => {
  test('silence is remembered for a moment, so that not every client waits', async () => {
    await using world = new ForwarderWorld();
    await world.serve([server(1)]);
    world.says = () => 'silent';
    const asked = [world.ask('www.example'), world.ask('www.example')];
    await world.clock.advance(4500);
    for (const reply of asked) {
      expect(await reply).toMatchObject({
        step: 'forward',
        rcode: 'none',
        error: '22: no upstream server answered in time',
      });
    }
    const before = world.names().length;
    expect(await world.ask('www.example')).toMatchObject({
      step: 'cache',
      rcode: 'none',
      error: '13: no upstream server answered a moment ago',
    });
    expect(world.names()).toHaveLength(before);
    await world.clock.advance(1000);
    world.says = address('192.0.2.1');
    expect((await world.ask('www.example')).answers).toEqual(['192.0.2.1 60']);
  });

  test('a SERVFAIL is kept 5 s at most, whatever is set, and says so', async () => {
    await using world = new ForwarderWorld();
    await world.serve([server(1)], { cache: { ...CACHE_SETTINGS, servfail: 300 } });
    world.says = () => ({ rcode: 2 });
    expect((await world.ask('www.example')).step).toBe('forward');
    await world.clock.advance(4999);
    expect(await world.ask('www.example')).toMatchObject({
      step: 'cache',
      rcode: 'SERVFAIL',
      error: '13: an upstream server failed a moment ago',
    });
    await world.clock.advance(1);
    expect((await world.ask('www.example')).step).toBe('forward');
  });

  test('servers that all owe as much as they may: SERVFAIL at once, counted, and not remembered', async () => {
    await using world = new ForwarderWorld();
    await world.serve([server(1), server(2)], { maxConcurrent: 2 });
    world.says = () => 'held';
    const asked = ['a', 'b', 'c', 'd'].map((name) => world.ask(`${name}.example`));
    await world.clock.advance(0);
    expect(await world.ask('e.example')).toMatchObject({
      step: 'busy',
      rcode: 'none',
      error: '0: too many queries wait for upstream servers',
    });
    expect((await world.ask('f.example', { flags: 0 })).step).toBe('busy');
    expect(world.forwarder.state()).toMatchObject({ rejects: 2 });
    world.says = address('192.0.2.1');
    world.release();
    expect((await Promise.all(asked)).map(({ answers }) => answers.length)).toEqual([1, 1, 1, 1]);
    expect((await world.ask('e.example')).answers).toEqual(['192.0.2.1 60']);
  });
});

describe('popular answers are asked for again in the last tenth of their time', () => {
  const CACHE: CacheSettings = { ...CACHE_SETTINGS, success: { min: 0, max: 100 }, prefetch: 3 };

  async function kept(times: number, ttl = 50): Promise<ForwarderWorld> {
    const world = new ForwarderWorld();
    await world.serve([server(1)], { cache: CACHE });
    world.says = address('192.0.2.1', ttl);
    for (let i = 0; i <= times; i++) await world.ask('www.example');
    return world;
  }

  test('once, while the old answer serves on', async () => {
    await using world = await kept(3);
    world.says = address('192.0.2.2', 50);
    await world.clock.advance(44_999);
    expect((await world.ask('www.example')).step).toBe('cache');
    expect(world.names()).toHaveLength(1);
    await world.clock.advance(1);
    expect((await world.ask('www.example')).answers).toEqual(['192.0.2.1 5']);
    await world.clock.advance(0);
    expect((await world.ask('www.example')).answers).toEqual(['192.0.2.2 50']);
    expect(world.names()).toHaveLength(2);
    expect(world.forwarder.state().cache.counts.of(COUNT.prefetch)).toBe(1);
  });

  test('a short-lived one in its last second', async () => {
    await using world = await kept(3, 5);
    await world.clock.advance(4000);
    await world.ask('www.example');
    expect(world.names()).toHaveLength(2);
  });

  test('others are not', async () => {
    await using world = await kept(1);
    await world.clock.advance(49_000);
    await world.ask('www.example');
    expect(world.names()).toHaveLength(1);
  });

  test('a server that fails then leaves the old answer in its place, and is not asked at every hit', async () => {
    await using world = await kept(3);
    world.says = () => ({ rcode: 2 });
    await world.clock.advance(46_000);
    for (let i = 0; i < 10; i++) expect((await world.ask('www.example')).answers).toEqual(['192.0.2.1 4']);
    expect(world.names()).toHaveLength(2);
  });

  test('denials too', async () => {
    await using world = new ForwarderWorld();
    await world.serve([server(1)], { cache: { ...CACHE, denial: { min: 0, max: 20 } } });
    world.says = () => denial();
    for (let i = 0; i < 4; i++) await world.ask('www.example');
    await world.clock.advance(19_000);
    await world.ask('www.example');
    expect(world.names()).toHaveLength(2);
  });
});

test('all by TCP where that is set', async () => {
  await using world = new ForwarderWorld();
  await world.serve([server(1)], { forceTcp: true });
  world.says = address('192.0.2.1');
  await world.ask('www.example');
  expect(world.names()).toEqual(['10.0.0.1 www.example tcp']);
});

test('round robin asks each server in turn, random each now and then', async () => {
  await using world = new ForwarderWorld();
  world.says = address('192.0.2.1', 0);
  const firsts = async (policy: 'round_robin' | 'random'): Promise<string[]> => {
    await world.serve([server(1), server(2), server(3)], { policy });
    const told = [];
    for (let i = 0; i < 60; i++) told.push((await world.ask('www.example')).upstream);
    return told;
  };
  const turns = await firsts('round_robin');
  expect(turns.slice(0, 3).sort()).toEqual(['10.0.0.1:53', '10.0.0.2:53', '10.0.0.3:53']);
  expect(turns.slice(3)).toEqual(turns.slice(0, -3));
  expect(new Set(await firsts('random')).size).toBe(3);
});

test('a server may fail as often as it is set before it is asked last', async () => {
  await using world = new ForwarderWorld();
  world.says = (asked) => (asked.server === '10.0.0.1' ? 'silent' : address('192.0.2.1', 0)(asked));
  await world.serve([server(1), server(2)], { maxFails: 3 });
  for (let failures = 1; failures <= 3; failures++) {
    const asked = world.ask('www.example');
    await world.clock.advance(1500);
    await asked;
    expect(world.forwarder.state().upstreams[0]?.healthy).toBe(failures < 3);
  }
});

test.each([
  [[5, 2], 5],
  [[2, 5], 5],
  [[0, 2], 0],
  [[2, 0], 0],
])(
  'zones that allow %j failures share a server: it may fail %i times, 0 being any number',
  async (allowed, bears) => {
    await using world = new ForwarderWorld();
    world.says = () => 'silent';
    const domains = ['', 'corp.example'];
    await world.configure(
      ...allowed.map((maxFails, i) => zone([server(1)], { domain: domains[i] ?? '', maxFails })),
    );
    for (let failures = 1; failures <= 8; failures++) {
      const asked = world.ask(`n${failures}.example`);
      await world.clock.advance(10_000);
      await asked;
      const { healthy, failures: counted } = world.forwarder.state().upstreams[0] ?? {};
      expect(healthy).toBe(bears === 0 || (counted ?? 0) < bears);
    }
  },
);
