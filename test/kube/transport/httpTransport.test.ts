import { createGzip, constants, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ApiError } from '../../../src/kube/transport/apiError.ts';
import type { Connection } from '../../../src/kube/transport/connection.ts';
import { HttpTransport } from '../../../src/kube/transport/httpTransport.ts';
import type { ByteStream } from '../../../src/kube/transport/transport.ts';
import { FakeClock } from '../../fake/clock.ts';
import { answer, chunk, chunkedHead, lastChunk, RawServer, type Script, status } from './rawServer.ts';

const services = { group: '', resource: 'services', verbs: ['list', 'watch'] };
const LIST = {
  path: '/api/v1/services?x=1',
  accept: 'application/json',
  access: services,
  silenceMs: 180_000,
};

let clock: FakeClock;
let server: RawServer;
let transport: HttpTransport;
let tokens: string[];
let refusals: number;

async function serve(script: Script, base = ''): Promise<void> {
  server = new RawServer(script);
  const url = `${await server.listen()}${base}`;
  const connection: Connection = {
    server: url,
    credentials: () => Promise.resolve({ headers: { authorization: `Bearer ${tokens[0]}` }, tls: {} }),
    refused() {
      refusals += 1;
      if (tokens.length > 1) tokens.shift();
    },
  };
  transport = new HttpTransport({ connection, clock });
}

beforeEach(() => {
  clock = new FakeClock();
  tokens = ['t1'];
  refusals = 0;
});

afterEach(async () => {
  transport.close();
  await server.close();
});

async function text(stream: ByteStream): Promise<string> {
  let all = '';
  for await (const bytes of stream) all += bytes.toString('utf8');
  return all;
}

async function failure(promise: Promise<unknown>): Promise<ApiError> {
  try {
    await promise;
  } catch (error) {
    return error as ApiError;
  }
  throw new Error('it did not fail');
}

/** The error's code and text, as a table has them. */
async function told(promise: Promise<unknown>): Promise<string> {
  const { code, message } = await failure(promise);
  return `${code}: ${message}`;
}

describe('a request', () => {
  test('says who we are, what we take, and stays below the path of the server', async () => {
    await serve((socket) => socket.write(answer('{}')), '/k8s/clusters/c-1');
    expect(await text(await transport.open(LIST))).toBe('{}');
    const [request = ''] = server.requests;
    expect(request.split('\r\n')[0]).toBe('GET /k8s/clusters/c-1/api/v1/services?x=1 HTTP/1.1');
    expect(request).toMatch(/^authorization: Bearer t1$/im);
    expect(request).toMatch(/^accept: application\/json$/im);
    expect(request).toMatch(/^accept-encoding: gzip$/im);
    expect(request).toMatch(/^user-agent: fairlead$/im);
  });

  test('with a body sends and reads JSON', async () => {
    await serve((socket) => socket.write(answer('{"kind":"Event"}', '201 Created')));
    const access = { group: '', resource: 'events', verbs: ['create'] };
    const path = '/api/v1/namespaces/shop/events';
    expect(await transport.request({ method: 'POST', path, access, body: { a: 'é' } })).toEqual({
      kind: 'Event',
    });
    expect(server.requests[0]).toMatch(/^POST \/api\/v1\/namespaces\/shop\/events/);
    expect(server.requests[0]).toMatch(/content-type: application\/json/i);
    expect(Buffer.from(server.requests[0]?.split('\r\n\r\n')[1] ?? '', 'latin1').toString('utf8')).toBe(
      '{"a":"é"}',
    );
  });

  test('names the kind of a patch', async () => {
    await serve((socket) => socket.write(answer('{}')));
    const contentType = 'application/merge-patch+json';
    await transport.request({ method: 'PATCH', path: '/x', access: services, body: {}, contentType });
    expect(server.requests[0]).toMatch(/content-type: application\/merge-patch\+json/i);
  });

  test('may have an empty answer', async () => {
    await serve((socket) => socket.write('HTTP/1.1 204 No Content\r\n\r\n'));
    expect(await transport.request({ method: 'DELETE', path: '/x', access: services })).toBeUndefined();
  });

  test('that is answered with half a document fails', async () => {
    await serve((socket) => socket.write(answer('{"a":')));
    expect(await told(transport.request({ method: 'GET', path: '/x', access: services }))).toBe(
      'protocol: its answer to GET /x is not JSON',
    );
  });
});

describe('a connection', () => {
  test('is used again', async () => {
    await serve((socket) => socket.write(answer('{}')));
    for (let i = 0; i < 5; i++) await text(await transport.open(LIST));
    expect(server.requests).toHaveLength(5);
    expect(server.connections).toBe(1);
  });

  test('that the server closed meanwhile is replaced, and nobody learns of it', async () => {
    await serve((socket, _, count) => {
      if (count === 1) socket.write(answer('{}'));
      else socket.resetAndDestroy();
    });
    await text(await transport.open(LIST));
    expect(await text(await transport.open(LIST))).toBe('{}');
    expect(server.connections).toBe(2);
  });

  test('that a new request was reset on is an error', async () => {
    await serve((socket) => socket.resetAndDestroy());
    expect(await told(transport.open(LIST))).toBe('broken: connection lost (ECONNRESET)');
    expect(server.connections).toBe(1);
  });

  test('that changes something is not tried twice', async () => {
    await serve((socket, _, count) => {
      if (count === 1) socket.write(answer('{}'));
      else socket.resetAndDestroy();
    });
    const post = { method: 'POST', path: '/x', access: services, body: {} } as const;
    await transport.request(post);
    expect(await told(transport.request(post))).toBe('broken: connection lost (ECONNRESET)');
    expect(server.requests).toHaveLength(2);
  });
});

describe('an answer', () => {
  const list = JSON.stringify({ items: Array.from({ length: 5000 }, (_, i) => ({ i })) });

  test('that is zipped is unzipped', async () => {
    const zipped = gzipSync(list);
    await serve((socket) => {
      socket.write(chunkedHead('Content-Encoding: gzip'));
      for (let i = 0; i < zipped.length; i += 100) socket.write(chunk(zipped.subarray(i, i + 100)));
      socket.write(lastChunk);
    });
    expect(await text(await transport.open(LIST))).toBe(list);
  });

  test('that is zipped and cut off is broken', async () => {
    const zipped = gzipSync(list);
    await serve((socket) => {
      socket.write(chunkedHead('Content-Encoding: gzip'));
      socket.write(chunk(zipped.subarray(0, zipped.length - 20)));
      socket.write(lastChunk);
    });
    expect(await told(transport.open(LIST).then(text))).toBe(
      'broken: the compressed answer ended early or is damaged (Z_BUF_ERROR)',
    );
  });

  test('that is a zipped watch comes line by line', async () => {
    const gzip = createGzip();
    await serve((socket) => {
      socket.write(chunkedHead('Content-Encoding: gzip'));
      gzip.on('data', (bytes: Buffer) => socket.write(chunk(bytes)));
    });
    const stream = await transport.open(LIST);
    const lines = stream[Symbol.asyncIterator]();
    for (const line of ['{"a":1}\n', '{"b":2}\n']) {
      gzip.write(line);
      gzip.flush(constants.Z_SYNC_FLUSH);
      expect(String((await lines.next()).value)).toBe(line);
    }
    stream.close();
    expect((await lines.next()).done).toBe(true);
  });

  test('that ends is no error', async () => {
    await serve((socket) => socket.write(`${chunkedHead()}7\r\n{"a":1}\r\n${lastChunk}`));
    expect(await text(await transport.open(LIST))).toBe('{"a":1}');
  });

  test.each([
    ['is reset', (socket: Parameters<Script>[0]) => socket.resetAndDestroy()],
    ['ends without its last chunk', (socket: Parameters<Script>[0]) => socket.end()],
  ])('that %s in the middle is broken', async (_, cut) => {
    let connected: Parameters<Script>[0] | undefined;
    await serve((socket) => {
      connected = socket;
      socket.write(chunkedHead());
      socket.write(chunk('{"half'));
    });
    const lines = (await transport.open(LIST))[Symbol.asyncIterator]();
    expect(String((await lines.next()).value)).toBe('{"half');
    if (connected !== undefined) cut(connected);
    expect(await told(lines.next())).toBe('broken: connection lost (ECONNRESET)');
  });

  test('that breaks before anybody reads it is no uncaught error', async () => {
    await serve((socket) => {
      socket.write(chunkedHead());
      setImmediate(() => socket.resetAndDestroy());
    });
    const stream = await transport.open(LIST);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
    expect(await told(text(stream))).toBe('broken: connection lost (ECONNRESET)');
  });
});

describe('silence', () => {
  /** Moves the clock by hand until the promise is settled. */
  async function whileTimePasses<T>(promise: Promise<T>, step: number): Promise<T> {
    const state = { settled: false };
    const done = promise.finally(() => {
      state.settled = true;
    });
    done.catch(() => undefined);
    while (!state.settled) {
      await new Promise((resolve) => {
        setTimeout(resolve, 2);
      });
      await clock.advance(step);
    }
    return done;
  }

  test('before an answer ends after 70 seconds', async () => {
    await serve(() => undefined);
    expect(await told(whileTimePasses(transport.open(LIST), 5000))).toBe('stalled: no answer in 70 s');
  });

  test('in an answer ends after the time that was asked for', async () => {
    await serve((socket) => {
      socket.write(chunkedHead());
      socket.write(chunk('{"a":1}\n'));
    });
    const stream = await transport.open(LIST);
    const lines = stream[Symbol.asyncIterator]();
    await lines.next();
    await clock.advance(179_000);
    expect(clock.pending()).toEqual([1000]);
    expect(await told(whileTimePasses(lines.next(), 1000))).toBe('stalled: nothing heard for 180 s');
  });

  test('counts from the last byte, and can be limited anew', async () => {
    let connected: Parameters<Script>[0] | undefined;
    await serve((socket) => {
      connected = socket;
      socket.write(chunkedHead());
    });
    const stream = await transport.open({ ...LIST, silenceMs: 30_000 });
    const lines = stream[Symbol.asyncIterator]();
    for (let i = 0; i < 5; i++) {
      await clock.advance(29_000);
      connected?.write(chunk(`${i}\n`));
      expect(String((await lines.next()).value)).toBe(`${i}\n`);
    }
    stream.limitSilence(180_000);
    await clock.advance(170_000);
    connected?.write(chunk('last\n'));
    expect(String((await lines.next()).value)).toBe('last\n');
    stream.close();
    expect(clock.pending()).toEqual([]);
  });

  test('of a server that accepts and never speaks TLS ends after 10 seconds', async () => {
    server = new RawServer(() => undefined);
    const url = (await server.listen()).replace('http:', 'https:');
    const credentials = (): ReturnType<Connection['credentials']> =>
      Promise.resolve({ headers: {}, tls: {} });
    transport = new HttpTransport({
      connection: { server: url, credentials, refused: () => undefined },
      clock,
    });
    expect(await told(whileTimePasses(transport.open(LIST), 1000))).toBe(
      'unreachable: no connection in 10 s',
    );
  });
});

describe('a refusal', () => {
  const html = '<html><body>\n<h1>502   Bad Gateway</h1>\n</body></html>';

  test.each([
    [403, answer(status(403, 'Forbidden', 'no'), '403 Forbidden'), 'forbidden: no'],
    [404, answer(status(404, 'NotFound', 'no such resource'), '404 Not Found'), 'notFound: no such resource'],
    [409, answer(status(409, 'Conflict', 'changed'), '409 Conflict'), 'conflict: changed'],
    [410, answer(status(410, 'Expired', 'too old'), '410 Gone'), 'gone: too old'],
    [413, answer('too large', '413 Payload Too Large'), 'invalid: too large'],
    [422, answer(status(422, 'Invalid', 'forbidden field'), '422 X'), 'invalid: forbidden field'],
    [429, answer(status(429, 'TooManyRequests', 'busy'), '429 X', ['Retry-After: 7']), 'busy: busy'],
    [500, answer(status(500, 'InternalError', 'etcd'), '500 X'), 'server: etcd'],
    [502, answer(html, '502 X', ['Content-Type: text/html']), `server: ${html.replaceAll(/\s+/g, ' ')}`],
    [503, answer('', '503 X'), 'busy: no reason given'],
    [302, answer('', '302 Found', ['Location: /login']), 'protocol: no reason given'],
    [
      200,
      answer('<html>Sign in</html>', '200 OK', ['Content-Type: text/html']),
      'protocol: text/html, not JSON',
    ],
  ])('%i', async (_, bytes, expected) => {
    await serve((socket) => socket.write(bytes));
    expect(await told(transport.open(LIST))).toBe(expected);
  });

  test('says how long to wait, and whom the server took us for', async () => {
    await serve((socket) =>
      socket.write(
        answer(status(403, 'Forbidden', 'User "system:serviceaccount:a:b" cannot'), '403 X', [
          'Retry-After: 7',
        ]),
      ),
    );
    expect(await failure(transport.open(LIST))).toMatchObject({
      status: 403,
      user: 'system:serviceaccount:a:b',
      retryAfterMs: 7000,
    });
  });

  test('that is a page without end is cut', async () => {
    await serve((socket) => {
      socket.write('HTTP/1.1 500 X\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n');
      for (let i = 0; i < 100; i++) socket.write(chunk('x'.repeat(10_000)));
    });
    expect(await told(transport.open(LIST))).toBe('server: no reason given');
  });

  test.each([['text/plain'], ['Content-Type-less'], ['application/json']])(
    'of a TLS server that got plain HTTP (%s) is readable',
    async (type) => {
      const body = 'Client sent an HTTP request to an HTTPS server.\n';
      await serve((socket) => socket.write(answer(body, '400 Bad Request', [`Content-Type: ${type}`])));
      expect(await told(transport.open(LIST))).toBe(`invalid: ${body.trim()}`);
    },
  );
});

describe('401', () => {
  const wants =
    (token: string): Script =>
    (socket, request) => {
      const ok = request.includes(`Bearer ${token}\r\n`);
      socket.write(
        ok ? answer('{}') : answer(status(401, 'Unauthorized', 'Unauthorized'), '401 Unauthorized'),
      );
    };

  test('asks for new credentials and tries them at once', async () => {
    tokens = ['t1', 't2'];
    await serve(wants('t2'));
    expect(await text(await transport.open(LIST))).toBe('{}');
    expect(refusals).toBe(1);
  });

  test('with new credentials too is told', async () => {
    tokens = ['t1', 't2', 't3'];
    await serve(wants('t9'));
    expect(await told(transport.open(LIST))).toBe('unauthorized: Unauthorized');
    expect(server.requests).toHaveLength(2);
    // The next attempt is not made with what was refused.
    expect(refusals).toBe(2);
  });
});

test('a closed transport sends nothing more', async () => {
  await serve(() => undefined);
  const waiting = told(transport.open(LIST));
  while (server.requests.length === 0) {
    await new Promise((resolve) => {
      setTimeout(resolve, 2);
    });
  }
  transport.close();
  expect(await waiting).toMatch(/^broken: /);
  expect(await told(transport.open(LIST))).toBe('broken: closed');
  expect(server.requests).toHaveLength(1);
});
