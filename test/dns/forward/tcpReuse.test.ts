/** TCP connections to upstream servers are used again, and a dead one costs no answer. */
import type { Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createForwarder } from '../../../src/dns/forward/createForwarder.ts';
import type { Forwarder } from '../../../src/dns/forward/forwarder.ts';
import { TYPE } from '../../../src/dns/wire/codes.ts';
import { makeQuery } from '../../../src/dns/wire/query.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeLog } from '../../fake/log.ts';
import { forwarding, NO_SOURCES, zone } from '../support/forwarding.ts';
import { answering, FakeUpstream, type Received, until } from './fakeUpstream.ts';

const opened: { stop(): unknown }[] = [];
afterEach(async () => {
  for (const thing of opened.splice(0).toReversed()) await thing.stop();
});

interface World {
  readonly server: FakeUpstream;
  readonly forwarder: Forwarder;
  readonly clock: FakeClock;
  /** Asks for a name that nobody has asked for; gives what answered. */
  readonly ask: () => Promise<string>;
  /** Ports that questions came from, by TCP. */
  readonly ports: () => number[];
  readonly sockets: () => { readonly tcp: number; readonly reused: number };
}

async function setUp(handler: (query: Received) => void = answering('192.0.2.1')): Promise<World> {
  const server = await FakeUpstream.start(handler);
  const clock = new FakeClock();
  const forwarder = createForwarder({ host: NO_SOURCES, clock, log: new FakeLog() });
  opened.push(server, { stop: () => forwarder.close() });
  await forwarder.configure(forwarding(zone([server.address], { forceTcp: true })));
  let asked = 0;
  const sockets = (): { tcp: number; reused: number } => {
    const { tcp = 0, reused = 0 } = forwarder.state().upstreams[0]?.sockets ?? {};
    return { tcp, reused };
  };
  const world = {
    server,
    forwarder,
    clock,
    sockets,
    ask: async () => {
      const { reply, step } = await forwarder.forward(makeQuery(`n${asked++}.example`, TYPE.A));
      return reply === undefined ? 'none' : step;
    },
    ports: () => server.received.map(({ from }) => from),
  };
  // So that there is a connection to use again.
  await world.ask();
  server.received.length = 0;
  return world;
}

test('one after the other, questions share a connection', async () => {
  const { ask, ports, sockets } = await setUp();
  for (let i = 0; i < 5; i++) expect(await ask()).toBe('forward');
  expect(new Set(ports()).size).toBe(1);
  expect(sockets().reused).toBeGreaterThanOrEqual(5);
});

test('together, each has its own, and all serve again', async () => {
  const held: Received[] = [];
  const { ask, ports, server } = await setUp();
  server.handler = (query) => held.push(query);
  const asked = [ask(), ask(), ask()];
  await until(() => held.length === 3);
  for (const query of held) answering('192.0.2.1')(query);
  expect(await Promise.all(asked)).toEqual(['forward', 'forward', 'forward']);
  expect(new Set(ports()).size).toBe(3);
  server.handler = answering('192.0.2.1');
  await ask();
  expect(new Set(ports()).size).toBe(3);
});

test('one that the server has closed is not the question’s failure', async () => {
  const { ask, server, forwarder } = await setUp();
  for (const connection of server.connections) connection.destroy();
  expect(await ask()).toBe('forward');
  expect(forwarder.state().upstreams[0]).toMatchObject({ failures: 0, healthy: true });
});

test('one that is closed in answer to the question is tried anew on another', async () => {
  const { ask, server, forwarder } = await setUp();
  let first = true;
  server.handler = (query) => {
    if (!first) return answering('192.0.2.1')(query);
    first = false;
    for (const connection of server.connections) connection.destroy();
    return undefined;
  };
  expect(await ask()).toBe('forward');
  expect(forwarder.state().upstreams[0]?.failures).toBe(0);
});

test('one that has gone silent takes the others with it: the way there may have changed', async () => {
  const held: Received[] = [];
  const { ask, server, clock, ports } = await setUp();
  server.handler = (query) => held.push(query);
  const first = [ask(), ask()];
  await until(() => held.length === 2);
  for (const query of held) answering('192.0.2.1')(query);
  await Promise.all(first);
  const old = new Set(ports());
  const asked = ask();
  await until(() => held.length === 3);
  server.handler = answering('192.0.2.1');
  await clock.advance(1500);
  expect(await asked).toBe('forward');
  expect(old.size).toBe(2);
  expect(old.has(ports().at(-1) ?? 0)).toBe(false);
});

test('idle ones are closed after ten seconds, and when the forwarder closes', async () => {
  const open = (connections: readonly Socket[]): number =>
    connections.filter((connection) => !connection.destroyed).length;
  const { server, clock, ask, forwarder } = await setUp();
  await until(() => open(server.connections) > 0);
  await clock.advance(10_000);
  await until(() => open(server.connections) === 0);
  expect(await ask()).toBe('forward');
  expect(open(server.connections)).toBe(1);
  await forwarder.close();
  await until(() => open(server.connections) === 0);
});
