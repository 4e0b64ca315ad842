/** Upstream servers that are asked by TLS: who is believed, and how a connection is used. */
import { afterEach, expect, test } from 'vitest';
import { createForwarder } from '../../../src/dns/forward/createForwarder.ts';
import type { Forwarder } from '../../../src/dns/forward/forwarder.ts';
import { TYPE } from '../../../src/dns/wire/codes.ts';
import { makeQuery } from '../../../src/dns/wire/query.ts';
import type { ServerTls } from '../../../src/net/dnsServer.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeLog } from '../../fake/log.ts';
import { forwarding, NO_SOURCES, zone } from '../support/forwarding.ts';
import { until } from './fakeUpstream.ts';
import { TlsUpstream } from './tlsUpstream.ts';

const opened: { stop(): unknown }[] = [];
afterEach(async () => {
  for (const thing of opened.splice(0).toReversed()) await thing.stop();
});

interface World {
  readonly server: TlsUpstream;
  readonly forwarder: Forwarder;
  readonly clock: FakeClock;
  readonly log: FakeLog;
  /** Asks for a name that nobody has asked for; gives what answered. */
  readonly ask: () => Promise<string>;
}

async function setUp(tls: Partial<ServerTls> = {}): Promise<World> {
  const server = await TlsUpstream.start();
  const clock = new FakeClock();
  const log = new FakeLog();
  const forwarder = createForwarder({ host: NO_SOURCES, clock, log });
  opened.push(server, { stop: () => forwarder.close() });
  await forwarder.configure(forwarding(zone([server.as(tls)])));
  let asked = 0;
  const ask = async (): Promise<string> => {
    const { reply, step } = await forwarder.forward(makeQuery(`n${asked++}.example`, TYPE.A));
    return reply === undefined ? 'none' : step;
  };
  return { server, forwarder, clock, log, ask };
}

test.each<readonly [who: string, tls: Partial<ServerTls>]>([
  ['by its address', {}],
  ['by its name', { serverName: 'dns.example' }],
])('a server whose certificate says who it is, %s, is asked', async (_who, tls) => {
  const { ask, server, forwarder } = await setUp(tls);
  expect(await ask()).toBe('forward');
  expect(server.asked.map(({ name }) => name)).toEqual(['n0.example']);
  expect(forwarder.state().upstreams).toMatchObject([{ healthy: true, failures: 0 }]);
});

test.each<readonly [why: string, tls: Partial<ServerTls>, told: RegExp]>([
  ['for another name', { serverName: 'other.example' }, /does not match certificate's altnames/],
  ['signed by nobody we know', { caFile: '' }, /unable to verify|self.signed|unable to get/],
  ['held against a file that is not there', { caFile: '/nowhere.pem' }, /ENOENT/],
])('a certificate %s: nothing is asked, and why is told', async (_why, tls, told) => {
  const { ask, server, log, forwarder } = await setUp(tls);
  expect(await ask()).toBe('none');
  expect(server.asked).toEqual([]);
  expect(forwarder.state().upstreams).toMatchObject([{ healthy: false }]);
  const warning = log.lines.find(({ level }) => level === 'warn');
  expect(String(warning?.fields['error'])).toMatch(told);
});

test('questions share a connection, and are answered in any order', async () => {
  const { ask, server, forwarder } = await setUp();
  await ask();
  server.holding = true;
  const asked = Array.from({ length: 50 }, ask);
  await until(() => server.asked.length === 51);
  for (const { answer } of server.asked.slice(1).toReversed()) answer();
  expect(new Set(await Promise.all(asked))).toEqual(new Set(['forward']));
  expect(server.connections).toHaveLength(1);
  expect(forwarder.state().upstreams[0]?.failures).toBe(0);
});

test('a connection that the server has closed is not the question’s failure, and is made again by one of all', async () => {
  const { ask, server, forwarder } = await setUp();
  await ask();
  server.holding = true;
  const asked = [ask(), ask(), ask()];
  await until(() => server.asked.length === 4);
  server.connections[0]?.destroy();
  await until(() => server.asked.length === 7);
  for (const { answer } of server.asked.slice(4)) answer();
  expect(await Promise.all(asked)).toEqual(['forward', 'forward', 'forward']);
  expect(server.connections).toHaveLength(2);
  expect(forwarder.state().upstreams).toMatchObject([{ failures: 0, healthy: true }]);
});

test('a connection is closed when it has been idle for ten seconds, and not while it is used', async () => {
  const { ask, server, clock } = await setUp();
  for (let i = 0; i < 3; i++) {
    expect(await ask()).toBe('forward');
    await clock.advance(9_000);
  }
  expect(server.connections).toHaveLength(1);
  await clock.advance(1_000);
  await until(() => server.connections[0]?.destroyed === true);
  expect(await ask()).toBe('forward');
  expect(server.connections).toHaveLength(2);
});

test('a connection on which nothing comes is given up with the question, and the next one is another', async () => {
  const { ask, server, clock } = await setUp();
  await ask();
  server.holding = true;
  const asked = ask();
  await until(() => server.asked.length === 2);
  await clock.advance(1_500);
  await until(() => server.asked.length === 3);
  expect(server.connections).toHaveLength(2);
  server.asked[2]?.answer();
  expect(await asked).toBe('forward');
});

test('a second connection to the same server takes up its session', async () => {
  const { ask, server } = await setUp();
  await ask();
  await ask();
  server.connections[0]?.destroy();
  await ask();
  expect(server.connections).toHaveLength(2);
  expect(server.connections[1]?.isSessionReused()).toBe(true);
});

test('nothing is left open when the forwarder closes', async () => {
  const { ask, server, forwarder } = await setUp();
  await ask();
  server.holding = true;
  const asked = ask();
  await until(() => server.asked.length === 2);
  await forwarder.close();
  await asked;
  await until(() => server.connections.every((connection) => connection.destroyed));
});
