import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { startThread, type StartThread, type Thread } from '../../../../src/host/thread.ts';
import { createRelay } from '../../../../src/proxy/userspace/splice/createRelay.ts';
import { FakeLog } from '../../../fake/log.ts';
import { connected, converse, nextChunk } from '../support/clients.ts';
import { echo, tcpEndpoint } from '../support/endpoints.ts';
import { type Engine, hostOf, RELAY_THREAD, startRelay } from '../support/relay.ts';

/** A busy machine is no failure. */
const PATIENT = { timeout: 60_000 };

/** An engine whose threads can be counted, and ended from outside as an error of theirs would. */
function watched(): Engine & { readonly threads: Thread[] } {
  const threads: Thread[] = [];
  const start: StartThread = (file, options) => {
    const thread = startThread(file, options);
    threads.push(thread);
    return thread;
  };
  return {
    name: 'watched',
    threads,
    make: (options) => createRelay(hostOf(options), { file: RELAY_THREAD, start }),
  };
}

describe('the thread', () => {
  test('runs only while there is a TCP port', async () => {
    const engine = watched();
    await using a = await tcpEndpoint(echo('a'));
    await using udp = await startRelay(engine, [a], { protocol: 'UDP' });
    expect(engine.threads).toHaveLength(0);
    await using one = await startRelay(engine, [a]);
    await one.listener.close(0);
    await engine.threads[0]?.ended;
    expect(engine.threads).toHaveLength(1);
    expect(udp.relay.figures()).toMatchObject([{ protocol: 'UDP' }]);
  });

  test('one that ends is replaced: its connections are reset, and the next one is carried', async () => {
    const engine = watched();
    const log = new FakeLog();
    await using a = await tcpEndpoint(echo('a'));
    await using relay = await startRelay(engine, [a], { log, limit: 1 });
    const old = await connected(relay.port);
    const reset = new Promise((resolve) => {
      old.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    expect(await nextChunk(old)).toBe('a\n');
    engine.threads[0]?.kill();
    // It is taken by whoever is there: the old thread as it ends, or the new one.
    old.write('anybody?');
    expect(await reset).toBe('ECONNRESET');
    // That the limit is 1 shows as well that nothing that is gone is counted.
    await expect.poll(async () => (await converse(relay.port, 'x')).text, PATIENT).toBe('a\nx');
    expect(engine.threads).toHaveLength(2);
    expect(log.messages('warn')).toEqual([
      'the thread that carries TCP ended: its connections are reset, another takes its place',
    ]);
    expect(relay.relay.figures()).toMatchObject([{ open: 0, protocol: 'TCP' }]);
  });

  test('one that ends again at once is not: the main thread carries, told once', async () => {
    const engine = watched();
    const log = new FakeLog();
    await using a = await tcpEndpoint(echo('a'));
    await using one = await startRelay(engine, [a], { log });
    for (const count of [1, 2]) {
      expect((await converse(one.port, '')).text).toBe('a\n');
      const thread = engine.threads[count - 1];
      thread?.kill();
      await converse(one.port, '');
      await thread?.ended;
    }
    await expect.poll(async () => (await converse(one.port, 'x')).text, PATIENT).toBe('a\nx');
    expect(engine.threads).toHaveLength(2);
    const told = log.messages().filter((line) => line.startsWith('TCP is carried by the main thread'));
    expect(told).toHaveLength(1);
    expect(one.relay.figures()).toHaveLength(1);
  });

  test.each([
    ['no native module', { load: () => Promise.reject(new Error('no native module')) }],
    ['no program', { file: new URL('./nothing.ts', import.meta.url) }],
  ])('%s: the main thread carries, told once', async (_, ways) => {
    const log = new FakeLog();
    const engine: Engine = { name: 'unable', make: (options) => createRelay(hostOf(options), ways) };
    await using a = await tcpEndpoint(echo('a'));
    await using relay = await startRelay(engine, [a], { log });
    expect((await converse(relay.port, 'x')).text).toBe('a\nx');
    expect(log.lines).toMatchObject([
      { level: 'warn', message: 'TCP is carried by the main thread, which takes longer' },
    ]);
  });
});

describe('pipes', () => {
  const few = (pipes: number): Engine => ({
    name: `${pipes} pipes`,
    make: (options) => createRelay(hostOf(options), { file: new URL(`?pipes=${pipes}`, RELAY_THREAD) }),
  });

  test.each([0, 1, 3])('%i for eight slow readers: everything arrives whole', async (pipes) => {
    const data = randomBytes(8 << 20);
    const sum = (chunks: readonly Uint8Array[]): string =>
      createHash('sha256').update(Buffer.concat(chunks)).digest('hex');
    await using a = await tcpEndpoint((socket) => socket.end(data));
    await using relay = await startRelay(few(pipes), [a]);
    const clients = await Promise.all(Array.from({ length: 8 }, () => connected(relay.port)));
    const held = (): number => relay.relay.figures()[0]?.bytesOut ?? 0;
    // More than one of them can have been sent.
    await expect.poll(held, PATIENT).toBeGreaterThan(0);
    const sums = clients.map(async (socket) => {
      const chunks: Buffer[] = [];
      for await (const chunk of socket) chunks.push(chunk as Buffer);
      socket.destroy();
      return sum(chunks);
    });
    expect(new Set(await Promise.all(sums))).toEqual(new Set([sum([data])]));
  });
});
