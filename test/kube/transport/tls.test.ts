import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { TlsOptions } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/host/clock.ts';
import { ApiError } from '../../../src/kube/transport/apiError.ts';
import type { ClientTls } from '../../../src/kube/transport/connection.ts';
import { HttpTransport } from '../../../src/kube/transport/httpTransport.ts';
import { Authority, type KeyPair } from './certificates.ts';
import { answer, RawServer } from './rawServer.ts';

const year = 365 * 86_400_000;
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

let authority: Authority;
let stranger: Authority;
let good: KeyPair;
let ca: string;

let server: RawServer | undefined;
let transport: HttpTransport | undefined;

afterEach(async () => {
  transport?.close();
  await server?.close();
});

beforeAll(() => {
  if (!hasOpenssl) return;
  authority = new Authority();
  stranger = new Authority('somebody else');
  good = authority.issue();
  ca = authority.cert;
});

afterAll(() => {
  if (!hasOpenssl) return;
  authority.remove();
  stranger.remove();
});

/** `ok`, or the error. */
async function connect(serverTls: TlsOptions | undefined, tls: ClientTls): Promise<string> {
  server = new RawServer((socket) => socket.write(answer('{"ok":true}')), serverTls);
  return request(await server.listen(), tls);
}

async function request(url: string, tls: ClientTls): Promise<string> {
  transport = new HttpTransport({
    connection: {
      server: url,
      credentials: () => Promise.resolve({ headers: {}, tls }),
      refused: () => undefined,
    },
    clock: systemClock,
  });
  const access = { group: '', resource: 'services', verbs: ['list'] };
  try {
    await transport.request({ method: 'GET', path: '/version', access });
    return 'ok';
  } catch (error) {
    return error instanceof ApiError ? `${error.code}: ${error.message}` : `untyped: ${String(error)}`;
  }
}

type Row = [title: string, server: () => TlsOptions, client: () => ClientTls, expected: string | RegExp];

const rows: Row[] = [
  ['a certificate of our authority', () => good, () => ({ ca }), 'ok'],
  [
    'one of another authority',
    () => stranger.issue(),
    () => ({ ca }),
    'tls: its certificate is from an authority that our CA file does not hold (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
  ],
  [
    'one of another authority, when told not to look',
    () => stranger.issue(),
    () => ({ ca, rejectUnauthorized: false }),
    'ok',
  ],
  [
    'one for other names',
    () => authority.issue({ names: 'DNS:api.example,IP:10.0.0.1' }),
    () => ({ ca }),
    "tls: its certificate is for other names: IP: 127.0.0.1 is not in the cert's list: 10.0.0.1",
  ],
  [
    'one for another name that we were told to expect',
    () => authority.issue({ names: 'DNS:api.example' }),
    () => ({ ca, servername: 'api.example' }),
    'ok',
  ],
  [
    'one that expired',
    () =>
      authority.issue({ notBefore: new Date(Date.now() - 2 * year), notAfter: new Date(Date.now() - year) }),
    () => ({ ca }),
    'tls: its certificate has expired, or the clock here is wrong (CERT_HAS_EXPIRED)',
  ],
  [
    'one of next year',
    () =>
      authority.issue({ notBefore: new Date(Date.now() + year), notAfter: new Date(Date.now() + 2 * year) }),
    () => ({ ca }),
    'tls: its certificate is not valid yet, or the clock here is wrong (CERT_NOT_YET_VALID)',
  ],
  ['a CA file that is none', () => good, () => ({ ca: 'not PEM' }), /^tls: /],
  [
    'a client certificate that the server wants',
    () => ({ ...good, ca, requestCert: true }),
    () => ({ ca, ...authority.issue() }),
    'ok',
  ],
  [
    'no client certificate where the server wants one',
    () => ({ ...good, ca, requestCert: true, rejectUnauthorized: true }),
    () => ({ ca }),
    /^tls: .*certificate required/i,
  ],
];

describe.skipIf(!hasOpenssl)('with certificates that the openssl program makes', () => {
  test.each(rows)('%s', async (_, serverTls, clientTls, expected) => {
    const result = await connect(serverTls(), clientTls());
    if (typeof expected === 'string') expect(result).toBe(expected);
    else expect(result).toMatch(expected);
  });

  test('TLS where none is expected', async () => {
    server = new RawServer(() => undefined, good);
    const url = await server.listen();
    expect(await request(url.replace('https:', 'http:'), {})).toMatch(/^(broken|protocol): /);
  });
});

test('no TLS where TLS is expected', async () => {
  const plain = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1');
  await once(plain, 'listening');
  const address = plain.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  expect(await request(`https://127.0.0.1:${port}`, {})).toBe('tls: what listens there does not speak TLS');
  plain.close();
});
