/** RFC 8767: what was true once serves while nobody can tell what is true now. */
import { expect, test } from 'vitest';
import type { CacheSettings } from '../../../src/dns/settings.ts';
import { COUNT } from '../../../src/dns/cache/counts.ts';
import { CACHE_SETTINGS } from '../support/forwarding.ts';
import { address, denial, ForwarderWorld, server, type Says } from './world.ts';

const CACHE: CacheSettings = { ...CACHE_SETTINGS, serveStale: 3600 };

/** A world whose one answer, kept for 30 s, is 31 s old. */
async function outdated(first: Says, options: Partial<CacheSettings> = {}): Promise<ForwarderWorld> {
  const world = new ForwarderWorld();
  await world.serve([server(1)], { cache: { ...CACHE, ...options } });
  world.says = ({ name }) =>
    first === 'silent' ? address('192.0.2.1')({ name, server: '', type: '', by: 'udp' }) : first;
  await world.ask('www.example');
  await world.clock.advance(31_000);
  return world;
}

const ANSWER: Says = 'silent';

test('while the server answers, nothing stale is told', async () => {
  await using world = await outdated(ANSWER);
  world.says = address('192.0.2.2');
  expect(await world.ask('www.example')).toMatchObject({ step: 'forward', answers: ['192.0.2.2 60'] });
});

test('a server that keeps silent: after 1.8 s the old answer, with a TTL of 30 s, and why', async () => {
  await using world = await outdated(ANSWER);
  world.says = () => 'silent';
  const asked = world.ask('www.example');
  let answered = false;
  void asked.then(() => (answered = true));
  await world.clock.advance(1799);
  expect(answered).toBe(false);
  await world.clock.advance(1);
  expect(await asked).toEqual({
    step: 'stale',
    rcode: 'NOERROR',
    answers: ['192.0.2.1 30'],
    upstream: '10.0.0.1:53',
    error: '3: no upstream server answers now',
  });
});

test.each([
  ['SERVFAIL', 2],
  ['REFUSED', 5],
])('a server that says %s does not answer either', async (_what, rcode) => {
  await using world = await outdated(ANSWER);
  world.says = () => ({ rcode });
  expect((await world.ask('www.example')).step).toBe('stale');
});

test('once that was seen nobody waits; every 5 s it is tried anew, and what comes is told from then on', async () => {
  await using world = await outdated(ANSWER);
  world.says = () => ({ rcode: 2 });
  await world.ask('www.example');
  const before = world.names().length;
  for (let i = 0; i < 100; i++) expect((await world.ask('www.example')).step).toBe('stale');
  expect(world.names()).toHaveLength(before);
  await world.clock.advance(5000);
  world.says = address('192.0.2.2');
  expect((await world.ask('www.example')).step).toBe('stale');
  expect(world.names()).toHaveLength(before + 1);
  await world.clock.advance(0);
  expect(await world.ask('www.example')).toMatchObject({ step: 'cache', answers: ['192.0.2.2 60'] });
  expect(world.forwarder.state().cache.counts.of(COUNT.servedStale)).toBe(102);
});

test('clients that ask while one waits share its question', async () => {
  await using world = await outdated(ANSWER);
  world.says = () => 'held';
  const before = world.names().length;
  const asked = Array.from({ length: 5 }, () => world.ask('www.example'));
  world.says = address('192.0.2.2');
  world.release();
  expect((await Promise.all(asked)).map(({ answers }) => answers[0])).toEqual(
    Array.from({ length: 5 }, () => '192.0.2.2 60'),
  );
  expect(world.names()).toHaveLength(before + 1);
});

test('a denial serves as well: a search list must not stop at a name that is not there', async () => {
  await using world = await outdated(denial());
  world.says = () => ({ rcode: 2 });
  expect(await world.ask('www.example')).toMatchObject({
    step: 'stale',
    rcode: 'NXDOMAIN',
    error: '19: no upstream server answers now',
  });
});

test('not for ever', async () => {
  await using world = await outdated(ANSWER, { serveStale: 10 });
  world.says = () => ({ rcode: 2 });
  expect((await world.ask('www.example')).step).toBe('stale');
  await world.clock.advance(9000);
  expect(await world.ask('www.example')).toMatchObject({ step: 'forward', rcode: 'SERVFAIL' });
});

test('and not at all where it is off', async () => {
  await using world = await outdated(ANSWER, { serveStale: 0 });
  world.says = () => ({ rcode: 2 });
  expect(await world.ask('www.example')).toMatchObject({ step: 'forward', rcode: 'SERVFAIL' });
});

test('an answer that is new replaces the old, also after the client has gone', async () => {
  await using world = await outdated(ANSWER);
  world.says = () => 'held';
  const asked = world.ask('www.example');
  await world.clock.advance(1800);
  expect((await asked).step).toBe('stale');
  world.says = address('192.0.2.2');
  world.release();
  await world.clock.advance(0);
  expect(await world.ask('www.example')).toMatchObject({ step: 'cache', answers: ['192.0.2.2 60'] });
});
