import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { FakeLog } from '../../fake/log.ts';
import { connected, converse, nextChunk } from './support/clients.ts';
import { closedEndpoint, echo, endpointAt, tcpEndpoint } from './support/endpoints.ts';
import { ENGINES, startRelay, targets } from './support/relay.ts';

/** A megabyte several times over: more than all buffers on the way hold. */
const MUCH = 24 << 20;
/** A busy machine is no failure. */
const PATIENT = { timeout: 60_000 };

describe.each(ENGINES)('TCP by $name', (engine) => {
  test('each connection goes to the next endpoint, and both ways work', async () => {
    await using a = await tcpEndpoint(echo('a'));
    await using b = await tcpEndpoint(echo('b'));
    await using relay = await startRelay(engine, [a, b]);
    const said = [];
    for (const word of ['one', 'two', 'three']) said.push(await converse(relay.port, word));
    expect(said).toEqual([
      { text: 'a\none', error: '' },
      { text: 'b\ntwo', error: '' },
      { text: 'a\nthree', error: '' },
    ]);
  });

  test('over IPv6', async () => {
    await using a = await tcpEndpoint(echo('a'), '::1');
    await using relay = await startRelay(engine, [a], { address: '::1' });
    expect(await converse(relay.port, 'hello', '::1')).toEqual({ text: 'a\nhello', error: '' });
  });

  test('an endpoint that refuses is not noticed by the client', async () => {
    await using good = await tcpEndpoint(echo('good'));
    await using relay = await startRelay(engine, [await closedEndpoint(), await closedEndpoint(), good]);
    for (let i = 0; i < 6; i++) {
      expect(await converse(relay.port, 'hello')).toEqual({ text: 'good\nhello', error: '' });
    }
    const [figures] = relay.relay.figures();
    expect(figures).toMatchObject({ accepted: 6, failed: 0, open: 0 });
    expect(figures?.retries).toBeGreaterThan(0);
    expect(figures?.suspended).toHaveLength(2);
    const { connections, dialSeconds } = figures?.endpoints.find(({ text }) => text === good.text) ?? {};
    expect({ connections, dialled: figures?.dials.sum }).toEqual({ connections: 6, dialled: dialSeconds });
    expect(figures?.endpoints.filter(({ failures }) => failures > 0)).toHaveLength(2);
  });

  test('nor one that resets before a word was said', async () => {
    await using rude = await tcpEndpoint((socket) => socket.resetAndDestroy());
    await using good = await tcpEndpoint(echo('good'));
    await using relay = await startRelay(engine, [rude, good]);
    const socket = await connected(relay.port);
    // Says nothing before it hears something: so all of it can be done again.
    expect(await nextChunk(socket)).toBe('good\n');
    expect(rude.met()).toBe(1);
    socket.destroy();
  });

  test('when every endpoint refuses, the client sees a reset', async () => {
    await using relay = await startRelay(engine, [await closedEndpoint(), await closedEndpoint()]);
    expect(await converse(relay.port, 'hello')).toMatchObject({ text: '', error: 'ECONNRESET' });
    expect(relay.relay.figures()).toMatchObject([{ failed: 1, open: 0 }]);
  });

  test('a black-holed endpoint keeps nobody else waiting', async () => {
    await using good = await tcpEndpoint(echo('good'));
    // TEST-NET-1: nobody is there, and a sandbox has no route to it or an answer from it.
    await using relay = await startRelay(engine, [endpointAt('192.0.2.1', 80), good]);
    const said = await Promise.all(Array.from({ length: 20 }, () => converse(relay.port, 'x')));
    expect(new Set(said.map(({ text }) => text))).toEqual(new Set(['good\nx']));
  });

  test.each([
    ['the client', 'to'],
    ['the endpoint', 'from'],
  ])('much from %s arrives whole, past a reader that stops', async (_, way) => {
    const data = randomBytes(MUCH);
    const sum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
    const got: Buffer[] = [];
    const whole = Promise.withResolvers<void>();
    await using endpoint = await tcpEndpoint((socket) => {
      if (way === 'from') {
        socket.end(data);
        return;
      }
      socket.on('data', (chunk: Buffer) => got.push(chunk));
      socket.on('end', () => {
        socket.end();
        whole.resolve();
      });
      socket.pause();
      setTimeout(() => socket.resume(), 50);
    });
    await using relay = await startRelay(engine, [endpoint]);
    const socket = await connected(relay.port);
    if (way === 'to') socket.end(data);
    else {
      socket.on('data', (chunk: Buffer) => got.push(chunk));
      socket.on('end', () => whole.resolve());
      socket.pause();
      setTimeout(() => socket.resume(), 50);
    }
    await whole.promise;
    socket.destroy();
    expect(sum(Buffer.concat(got))).toBe(sum(data));
  });

  test('a slow writer: each piece is passed on at once', async () => {
    await using a = await tcpEndpoint((socket) => socket.pipe(socket));
    await using relay = await startRelay(engine, [a]);
    const socket = await connected(relay.port);
    for (let i = 0; i < 20; i++) {
      socket.write(`piece ${i}`);
      expect(await nextChunk(socket)).toBe(`piece ${i}`);
    }
    socket.destroy();
  });

  test('a thousand connections that are idle, and speak after a while', async () => {
    await using a = await tcpEndpoint((socket) => socket.pipe(socket));
    await using relay = await startRelay(engine, [a]);
    const sockets = await Promise.all(Array.from({ length: 1_000 }, () => connected(relay.port)));
    const heard = sockets.map((socket) => nextChunk(socket));
    for (const [i, socket] of sockets.entries()) socket.write(`I am ${i}`);
    expect(await Promise.all(heard)).toEqual(sockets.map((_, i) => `I am ${i}`));
    expect(relay.relay.figures()).toMatchObject([
      { open: 1_000, endpoints: [{ connections: 1_000, failures: 0 }] },
    ]);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => relay.relay.figures(), PATIENT).toMatchObject([{ open: 0 }]);
  });

  test('a reset while much waits for a slow reader ends it, and nothing of it reaches anybody else', async () => {
    const started = Promise.withResolvers<() => void>();
    await using a = await tcpEndpoint((socket) => {
      socket.write(Buffer.alloc(MUCH, 'x'));
      started.resolve(() => socket.resetAndDestroy());
    });
    await using b = await tcpEndpoint(echo('b'));
    await using relay = await startRelay(engine, [a, b]);
    const socket = await connected(relay.port);
    const reset = await started.promise;
    const held = (): number => relay.relay.figures()[0]?.bytesOut ?? 0;
    await expect.poll(held, PATIENT).toBeGreaterThan(0);
    reset();
    const error = new Promise((resolve) => {
      socket.on('error', (problem: NodeJS.ErrnoException) => resolve(problem.code));
    });
    socket.resume();
    expect(await error).toBe('ECONNRESET');
    await expect.poll(() => relay.relay.figures(), PATIENT).toMatchObject([{ open: 0 }]);
    expect(await converse(relay.port, 'hello')).toEqual({ text: 'b\nhello', error: '' });
  });

  test('half-close, both ways: the other half goes on', async () => {
    await using endpoint = await tcpEndpoint((socket) => {
      socket.once('end', () => socket.end('after your end'));
      socket.resume();
    });
    await using relay = await startRelay(engine, [endpoint]);
    expect(await converse(relay.port, 'mine')).toEqual({ text: 'after your end', error: '' });

    const heard = Promise.withResolvers<string>();
    await using quiet = await tcpEndpoint((socket) => {
      socket.end('mine first');
      socket.once('data', (chunk: Buffer) => heard.resolve(chunk.toString()));
    });
    relay.listener.retarget(targets([quiet]));
    const socket = await connected(relay.port);
    socket.once('end', () => socket.end('after your end'));
    socket.resume();
    expect(await heard.promise).toBe('after your end');
  });

  test.each([
    ['endpoint', 'client'],
    ['client', 'endpoint'],
  ])('a reset of the %s reaches the %s', async (who) => {
    const seen = Promise.withResolvers<string>();
    const started = Promise.withResolvers<() => void>();
    await using endpoint = await tcpEndpoint((socket) => {
      socket.write('hello');
      socket.on('error', (error: NodeJS.ErrnoException) => seen.resolve(error.code ?? ''));
      started.resolve(() => socket.resetAndDestroy());
    });
    await using relay = await startRelay(engine, [endpoint]);
    const socket = await connected(relay.port);
    expect(await nextChunk(socket)).toBe('hello');
    if (who === 'endpoint') {
      socket.on('error', (error: NodeJS.ErrnoException) => seen.resolve(error.code ?? ''));
      (await started.promise)();
    } else {
      socket.resetAndDestroy();
    }
    expect(await seen.promise).toBe('ECONNRESET');
  });

  test('a thousand clients at once, each gets its own back', async () => {
    await using a = await tcpEndpoint((socket) => socket.pipe(socket));
    await using b = await tcpEndpoint((socket) => socket.pipe(socket));
    await using relay = await startRelay(engine, [a, b]);
    const sent = Array.from({ length: 1_000 }, (_, i) => `client ${i} `.repeat(100));
    const got = await Promise.all(sent.map((text) => converse(relay.port, text)));
    expect(got.filter(({ text }, i) => text !== sent[i])).toEqual([]);
    expect([a.met(), b.met()]).toEqual([500, 500]);
    const bytes = sent.join('').length;
    expect(relay.relay.figures()).toMatchObject([
      { accepted: 1_000, open: 0, bytesIn: bytes, bytesOut: bytes },
    ]);
  });

  test('affinity: a client stays with its endpoint, and moves when it is dead', async () => {
    await using a = await tcpEndpoint(echo('a'));
    await using b = await tcpEndpoint(echo('b'));
    await using relay = await startRelay(engine, [a, b], { affinitySeconds: 60 });
    const names = async (): Promise<string> => (await converse(relay.port, '')).text;
    expect([await names(), await names(), await names()]).toEqual(['a\n', 'a\n', 'a\n']);
    await a[Symbol.asyncDispose]();
    expect([await names(), await names()]).toEqual(['b\n', 'b\n']);
  });

  test('connections live on when their endpoint is taken away; new ones go elsewhere', async () => {
    await using a = await tcpEndpoint(echo('a'));
    await using b = await tcpEndpoint(echo('b'));
    await using relay = await startRelay(engine, [a]);
    const old = await connected(relay.port);
    expect(await nextChunk(old)).toBe('a\n');
    relay.listener.retarget(targets([b]));
    expect((await converse(relay.port, '')).text).toBe('b\n');
    old.write('still here');
    expect(await nextChunk(old)).toBe('still here');
    old.destroy();
  });

  test('closing lets what is carried end', async () => {
    await using a = await tcpEndpoint(echo('a'));
    await using relay = await startRelay(engine, [a]);
    const socket = await connected(relay.port);
    expect(await nextChunk(socket)).toBe('a\n');
    const closed = relay.listener.close(60_000);
    expect(await converse(relay.port, '')).toMatchObject({ error: 'ECONNREFUSED' });
    socket.end('last words');
    expect(await nextChunk(socket)).toBe('last words');
    await closed;
  });

  test('closing with no time to drain resets it', async () => {
    await using a = await tcpEndpoint(echo('a'));
    await using relay = await startRelay(engine, [a]);
    const socket = await connected(relay.port);
    const reset = new Promise((resolve) => {
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    expect(await nextChunk(socket)).toBe('a\n');
    await relay.listener.close(0);
    expect(await reset).toBe('ECONNRESET');
  });

  test('beyond the limit new connections are refused, told once, and taken again later', async () => {
    const log = new FakeLog();
    await using a = await tcpEndpoint(echo('a'));
    await using relay = await startRelay(engine, [a], { limit: 2, log });
    const [one, two] = [await connected(relay.port), await connected(relay.port)];
    await Promise.all([nextChunk(one), nextChunk(two)]);
    expect((await converse(relay.port, '')).error).toBe('ECONNRESET');
    expect((await converse(relay.port, '')).error).toBe('ECONNRESET');
    const told = (): number =>
      log.messages().filter((line) => line.startsWith('2 connections are carried')).length;
    await expect.poll(told, PATIENT).toBe(1);
    const gone = new Promise((resolve) => {
      one.once('close', resolve);
    });
    one.end();
    await gone;
    await expect.poll(async () => (await converse(relay.port, '')).text, PATIENT).toBe('a\n');
    two.destroy();
  });

  test.each([
    ['127.0.0.1', 0x11, 12],
    ['::1', 0x21, 36],
  ])('the PROXY protocol tells the endpoint who the client is: %s', async (address, kind, length) => {
    const heard = Promise.withResolvers<Buffer>();
    await using endpoint = await tcpEndpoint((socket) => {
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('end', () => heard.resolve(Buffer.concat(chunks)));
    }, address);
    await using relay = await startRelay(engine, [endpoint], { address, proxyProtocol: true });
    const socket = await connected(relay.port, address);
    const { localPort = 0 } = socket;
    socket.end('hello');
    const header = await heard.promise;
    expect(header.subarray(0, 16)).toEqual(
      Buffer.concat([Buffer.from('\r\n\r\n\0\r\nQUIT\n\x21'), Buffer.from([kind, 0, length])]),
    );
    expect(header.readUInt16BE(16 + length - 4)).toBe(localPort);
    expect(header.subarray(16 + length).toString()).toBe('hello');
    socket.destroy();
  });
});
