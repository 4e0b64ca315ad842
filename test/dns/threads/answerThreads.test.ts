import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { COUNT } from '../../../src/dns/cache/counts.ts';
import { type CountedDnsService, createDnsService } from '../../../src/dns/createDnsService.ts';
import type { RuleBlock } from '../../../src/dns/rules/rule.ts';
import { RuleBook } from '../../../src/dns/rules/ruleBook.ts';
import { startThread, type Thread } from '../../../src/host/thread.ts';
import type { SocketAddress } from '../../../src/net/socketAddress.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeLog } from '../../fake/log.ts';
import { namespaceRecord, serviceRecord } from '../../support/records.ts';
import { a } from '../cache/messages.ts';
import { ForwarderWorld } from '../forward/world.ts';
import { makeQuery } from '../support/ask.ts';
import { catalogOf, SETTINGS } from '../support/cluster.ts';
import { fakeForwarder, forwarding, zone } from '../support/forwarding.ts';
import { show } from '../support/show.ts';
import { until } from '../../support/until.ts';

const WEB = 'web.shop.svc.cluster.local';
const catalog = catalogOf([namespaceRecord('shop'), serviceRecord('shop/web', { clusterIPs: ['10.0.0.1'] })]);

interface Started {
  readonly dns: CountedDnsService;
  readonly clock: FakeClock;
  readonly log: FakeLog;
  readonly threads: Thread[];
  readonly server: SocketAddress;
  /** Of one client, which goes on from server to server. */
  readonly ask: (name: string, type?: string) => Promise<string>;
  /** Queries that the main thread has answered. */
  readonly mainQueries: () => number;
}

function hostsBlock(name: string, address: string): RuleBlock {
  return {
    zones: [''],
    rewrites: [],
    minimalAny: false,
    templates: [],
    hosts: { zones: [''], entries: [{ address, names: [name] }], ttl: 5, reverse: false, fallthrough: [''] },
  };
}

type Options = Partial<Parameters<typeof createDnsService>[0]>;

async function start(options: Options = {}, listen = '127.0.0.1'): Promise<Started> {
  const clock = new FakeClock();
  const log = new FakeLog();
  const threads: Thread[] = [];
  let main = 0;
  // The main thread reads this clock for each query; the others cannot.
  const counting = {
    now: () => clock.now(),
    monotonic: () => (main++, clock.monotonic()),
    after: (ms: number, fn: () => void) => clock.after(ms, fn),
  };
  const dns = createDnsService({
    settings: SETTINGS,
    forwarder: undefined,
    threads: 1,
    log,
    startThread: (...args) => {
      const thread = startThread(...args);
      threads.push(thread);
      return thread;
    },
    ...options,
    clock: counting,
  });
  onTestFinished(() => dns.close());
  dns.update(catalog.picture, undefined);
  await dns.listen({ address: listen, port: 0 });
  const [server = { address: '', port: 0 }] = dns.state().listening;
  const client = createSocket(listen.includes(':') ? 'udp6' : 'udp4');
  onTestFinished(() => void client.close());
  const ask = async (name: string, type = 'A'): Promise<string> => exchange(client, server, name, type);
  return { dns, clock, log, threads, server, ask, mainQueries: () => main };
}

/** The rcode, or the data of the records. */
async function exchange(client: Socket, server: SocketAddress, name: string, type: string): Promise<string> {
  client.send(makeQuery(name, type), server.port, server.address);
  const [reply] = (await once(client, 'message', { signal: AbortSignal.timeout(10_000) })) as [Buffer];
  const { rcode, answers } = show(reply);
  return answers.map((record) => record.split(' ').slice(3).join(' ')).join() || rcode;
}

/** So many queries at once, and as many replies. */
async function burst(server: SocketAddress, count: number): Promise<void> {
  const client = createSocket('udp4');
  let came = 0;
  client.on('message', () => came++);
  for (let i = 0; i < count; i++) client.send(makeQuery(WEB, 'A', { id: i }), server.port, server.address);
  await until(() => came === count);
  client.close();
}

test.each(['127.0.0.1', '::1'])(
  'on %s, the main thread makes an answer ready, and a thread gives it from then on',
  async (listen) => {
    const { dns, ask, mainQueries } = await start({}, listen);
    expect(dns.state().threads).toBe(1);
    expect(await ask(WEB)).toBe('10.0.0.1');
    expect(await ask('no.shop.svc.cluster.local')).toBe('NXDOMAIN');
    const asked = mainQueries();
    for (let i = 0; i < 20; i++) {
      expect(await ask(WEB)).toBe('10.0.0.1');
      expect(await ask('no.shop.svc.cluster.local')).toBe('NXDOMAIN');
    }
    expect(mainQueries()).toBe(asked);
    // A thread counts replies once they have left.
    const replies = (): number => dns.counters().responses.reduce((sum, count) => sum + count, 0);
    await until(() => replies() === 42);
    expect([...dns.counters().responses.subarray(0, 4)]).toEqual([21, 0, 0, 21]);
  },
);

test('a thread tells what others said, once many ask for it, and not when rules or the log have a word in it', async () => {
  await using world = new ForwarderWorld();
  world.says = () => ({ answers: [a(300, 'www.example.org')] });
  const settings = forwarding(zone([{ address: '192.0.2.53', port: 53 }]));
  await world.forwarder.configure(settings);
  const rules = new RuleBook();
  const { dns, ask, mainQueries } = await start({ forwarder: world.forwarder, rules });
  const byMain = async (): Promise<boolean> => {
    const before = mainQueries();
    expect(await ask('www.example.org')).toBe('192.0.2.1');
    return mainQueries() > before;
  };
  for (let i = 0; i < 4; i++) expect(await byMain()).toBe(true);
  for (let i = 0; i < 5; i++) expect(await byMain()).toBe(false);
  await until(() => dns.state().forwarder?.cache.counts.of(COUNT.hitsSuccess) === 8);
  expect(dns.state().forwarder?.cache.counts.of(COUNT.requests)).toBe(9);
  rules.replace([hostsBlock('other.example.org', '192.0.2.9')]);
  expect(await byMain()).toBe(true);
  rules.replace([]);
  expect(await byMain()).toBe(false);
  await dns.configure(settings);
  expect(await byMain()).toBe(true);
  for (let i = 0; i < 5; i++) await byMain();
  await dns.configure({ ...settings, queryLog: { classes: ['success'], every: 1, domains: [''] } });
  expect(await byMain()).toBe(true);
});

test('once an update has returned, no thread answers from before it', async () => {
  const moving = catalogOf([namespaceRecord('shop')]);
  const { dns, ask } = await start();
  for (let i = 1; i <= 100; i++) {
    moving.upsert(serviceRecord('shop/web', { clusterIPs: [`10.0.0.${i}`] }));
    dns.update(moving.picture, moving.publish());
    expect(await ask(WEB)).toBe(`10.0.0.${i}`);
    expect(await ask(WEB)).toBe(`10.0.0.${i}`);
    if (i % 10 !== 0) continue;
    moving.remove({ kind: 'Service', namespace: 'shop', name: 'web' });
    dns.update(moving.picture, moving.publish());
    expect([await ask(WEB), await ask(WEB)]).toEqual(['NXDOMAIN', 'NXDOMAIN']);
  }
});

test('several threads are of one mind, also after one of them has ended', async () => {
  const moving = catalogOf([namespaceRecord('shop')]);
  const { dns, clock, server, ask, threads, mainQueries } = await start({ threads: 3 });
  expect(dns.state().threads).toBe(3);
  const clients = Array.from({ length: 60 }, () => createSocket('udp4'));
  onTestFinished(() => {
    for (const client of clients) client.close();
  });
  const everyone = async (): Promise<Set<string>> =>
    new Set(await Promise.all(clients.map((client) => exchange(client, server, WEB, 'A'))));
  const move = async (address: string): Promise<void> => {
    moving.upsert(serviceRecord('shop/web', { clusterIPs: [address] }));
    dns.update(moving.picture, moving.publish());
    expect(await ask(WEB)).toBe(address);
    expect(await everyone()).toEqual(new Set([address]));
  };
  for (let i = 1; i <= 20; i++) await move(`10.0.0.${i}`);
  threads[1]?.kill();
  await until(() => dns.state().threads === 2);
  await move('10.0.0.98');
  await clock.advance(1_000);
  await until(() => dns.state().threads === 3);
  await move('10.0.0.99');
  // Until the new threads read, the main thread does.
  let asked: number;
  do {
    asked = mainQueries();
    await everyone();
  } while (mainQueries() > asked);
});

test('each thread has a place of its own among the readers, whatever happens while one is being replaced', async () => {
  const places = new Map<Thread, number>();
  const { dns } = await start({
    threads: 3,
    startThread: (file, options) => {
      const thread = startThread(file, options);
      places.set(thread, (options.data as { readonly index: number }).index);
      void thread.ended.then(() => places.delete(thread));
      return thread;
    },
  });
  [...places.keys()][1]?.kill();
  await until(() => dns.state().threads === 2);
  await dns.listen({ address: '127.0.0.2', port: 0 });
  expect(new Set(places.values())).toEqual(new Set([0, 1, 2]));
});

test('what was asked before is ready anew as soon as it changes: no question waits for the main thread', async () => {
  const moving = catalogOf([
    namespaceRecord('shop'),
    serviceRecord('shop/web', { clusterIPs: ['10.0.0.1'] }),
  ]);
  const { dns, ask, mainQueries } = await start();
  dns.update(moving.picture, undefined);
  for (const type of ['A', 'AAAA']) for (let i = 0; i < 2; i++) await ask(WEB, type);
  for (let i = 2; i <= 50; i++) {
    moving.upsert(serviceRecord('shop/web', { clusterIPs: [`10.0.0.${i}`, `fd00::${i}`] }));
    dns.update(moving.picture, moving.publish());
    const asked = mainQueries();
    expect([await ask(WEB), await ask(WEB, 'AAAA')]).toEqual([`10.0.0.${i}`, `fd00::${i}`]);
    expect(mainQueries()).toBe(asked);
  }
});

test('what a thread cannot answer is answered all the same, and leaves from the address that was asked', async () => {
  const reply = (query: Uint8Array): Uint8Array => {
    const answer = Buffer.from(query);
    answer.writeUInt16BE(0x8183, 2);
    return answer;
  };
  const { ask, dns } = await start({ forwarder: fakeForwarder(reply) });
  for (let i = 0; i < 3; i++) expect(await ask('www.example.com')).toBe('NXDOMAIN');
  expect(await ask('cluster.local', 'SOA')).toContain('ns.dns.cluster.local');
  expect(await ask(WEB, 'TXT')).toBe('NOERROR');
  expect(dns.counters().queries).toBe(5);
});

test('while rules may have a word in a domain, no thread answers its names', async () => {
  const rules = new RuleBook();
  const { ask, mainQueries } = await start({ rules });
  expect([await ask(WEB), await ask(WEB)]).toEqual(['10.0.0.1', '10.0.0.1']);
  const before = mainQueries();
  await ask(WEB);
  expect(mainQueries()).toBe(before);
  rules.replace([hostsBlock(WEB, '192.0.2.9')]);
  expect([await ask(WEB), await ask(WEB)]).toEqual(['192.0.2.9', '192.0.2.9']);
  rules.replace([]);
  expect([await ask(WEB), await ask(WEB)]).toEqual(['10.0.0.1', '10.0.0.1']);
  const after = mainQueries();
  await ask(WEB);
  expect(mainQueries()).toBe(after);
});

test('a burst is answered whole, known names and others', async () => {
  const { server, ask } = await start();
  await ask(WEB);
  const client = createSocket('udp4');
  onTestFinished(() => void client.close());
  let came = 0;
  client.on('message', () => came++);
  for (let sent = 0; sent < 400; ) {
    // No more at once than the client's own buffer holds.
    for (const end = sent + 80; sent < end; sent++) {
      const name = sent % 2 === 0 ? WEB : `${sent}.web.shop.svc.cluster.local`;
      client.send(makeQuery(name, 'A', { id: sent }), server.port, server.address);
    }
    await until(() => came === sent);
  }
});

test('a thread that ends is replaced, and the main thread answers meanwhile', async () => {
  const { dns, clock, log, ask, threads } = await start();
  expect([await ask(WEB), await ask(WEB)]).toEqual(['10.0.0.1', '10.0.0.1']);
  threads[0]?.kill();
  await until(() => dns.state().threads === 0);
  expect(log.lines.some((line) => JSON.stringify(line).includes('another one will take its place'))).toBe(
    true,
  );
  for (let i = 0; i < 3; i++) expect(await ask(WEB)).toBe('10.0.0.1');
  await clock.advance(1_000);
  await until(() => dns.state().threads === 1);
  const before = dns.counters().queries;
  for (let i = 0; i < 3; i++) expect(await ask(WEB)).toBe('10.0.0.1');
  expect(threads.length).toBe(2);
  expect(dns.counters().queries).toBe(before + 3);
});

test('where threads cannot be had, the main thread answers everything, and says so once', async () => {
  const loadSystem = (): Promise<never> => Promise.reject(new Error('no native module'));
  const { dns, log, ask } = await start({ loadSystem });
  await dns.listen({ address: '127.0.0.2', port: 0 });
  expect([await ask(WEB), await ask(WEB)]).toEqual(['10.0.0.1', '10.0.0.1']);
  expect(log.lines.filter((line) => JSON.stringify(line).includes('no native module')).length).toBe(1);
});

test('addresses come and go while threads answer', async () => {
  const { dns, ask } = await start();
  for (let i = 0; i < 5; i++) {
    await dns.listen({ address: '127.0.0.3', port: 0 });
    const added = dns.state().listening.find(({ address }) => address === '127.0.0.3');
    const client = createSocket('udp4');
    if (added !== undefined) expect(await exchange(client, added, WEB, 'A')).toBe('10.0.0.1');
    client.close();
    if (added !== undefined) await dns.unlisten(added);
    // Nobody holds it any more.
    if (added !== undefined) await dns.listen(added);
    if (added !== undefined) await dns.unlisten(added);
  }
  expect(await ask(WEB)).toBe('10.0.0.1');
});

test('left to itself, it starts a thread while there are many queries, and ends it after minutes with few', async () => {
  const { dns, clock, ask, server } = await start({ threads: 'auto' });
  expect([await ask(WEB), dns.state().threads]).toEqual(['10.0.0.1', 0]);
  for (let second = 0; second < 3; second++) {
    for (let i = 0; i < 20; i++) await burst(server, 100);
    expect(dns.state().threads).toBe(0);
    await clock.advance(1_000);
  }
  await until(() => dns.state().threads === 1);
  for (let i = 0; i < 3; i++) expect(await ask(WEB)).toBe('10.0.0.1');
  await clock.advance(181_000);
  await until(() => dns.state().threads === 0);
  for (let i = 0; i < 3; i++) expect(await ask(WEB)).toBe('10.0.0.1');
});
