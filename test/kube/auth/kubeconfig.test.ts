import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kubeconfigConnection } from '../../../src/kube/auth/kubeconfig.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-kubeconfig-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');

interface Parts {
  readonly cluster?: object;
  readonly user?: object | null;
  readonly context?: object;
}

function write({ cluster, user, context }: Parts): string {
  const path = join(folder, 'config');
  const document = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'main',
    contexts: [
      { name: 'main', context: { cluster: 'c', ...(user === null ? {} : { user: 'u' }), ...context } },
    ],
    clusters: [
      {
        name: 'c',
        cluster: { server: 'https://10.0.0.1:6443/', 'certificate-authority-data': base64('CA'), ...cluster },
      },
    ],
    users: user === null ? [] : [{ name: 'u', user: user ?? {} }],
  };
  writeFileSync(path, JSON.stringify(document));
  return path;
}

function file(name: string, content: string, mode = 0o644): string {
  writeFileSync(join(folder, name), content);
  chmodSync(join(folder, name), mode);
  return name;
}

/** As plain text, for tables. */
async function credentials(parts: Parts): Promise<object> {
  const connection = await kubeconfigConnection(write(parts));
  const { headers, tls } = await connection.credentials();
  return {
    ...headers,
    ...Object.fromEntries(Object.entries(tls).map(([key, value]) => [key, String(value)])),
  };
}

describe('credentials', () => {
  test.each<[string, () => Parts, object]>([
    ['a token', () => ({ user: { token: 't' } }), { authorization: 'Bearer t', ca: 'CA' }],
    [
      'a token file with a newline, relative to the kubeconfig, before a token',
      () => ({ user: { tokenFile: file('token', 'from-file\n'), token: 'overruled' } }),
      { authorization: 'Bearer from-file', ca: 'CA' },
    ],
    [
      'a client certificate in the file',
      () => ({ user: { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') } }),
      { ca: 'CA', cert: 'CERT', key: 'KEY' },
    ],
    [
      'certificates in files, relative to the kubeconfig',
      () => ({
        cluster: { 'certificate-authority-data': undefined, 'certificate-authority': file('ca', 'CA-FILE') },
        user: { 'client-certificate': file('cert', 'CERT'), 'client-key': file('key', 'KEY') },
      }),
      { ca: 'CA-FILE', cert: 'CERT', key: 'KEY' },
    ],
    [
      'a name and a password',
      () => ({ user: { username: 'jane', password: 'secret' } }),
      { authorization: `Basic ${base64('jane:secret')}`, ca: 'CA' },
    ],
    [
      'somebody else to act as',
      () => ({ user: { token: 't', as: 'system:node:a' } }),
      { authorization: 'Bearer t', 'impersonate-user': 'system:node:a', ca: 'CA' },
    ],
    ['nobody', () => ({ user: null }), { ca: 'CA' }],
    [
      'a server name, and no verification',
      () => ({
        cluster: { 'tls-server-name': 'api', 'insecure-skip-tls-verify': true },
        user: { token: 't' },
      }),
      { authorization: 'Bearer t', ca: 'CA', servername: 'api', rejectUnauthorized: 'false' },
    ],
    [
      'a server without TLS',
      () => ({
        cluster: { server: 'http://127.0.0.1:8080', 'certificate-authority-data': undefined },
        user: { token: 't' },
      }),
      { authorization: 'Bearer t', rejectUnauthorized: 'false' },
    ],
  ])('%s', async (_, parts, expected) => {
    expect(await credentials(parts())).toEqual(expected);
  });

  test('lead through a proxy where the cluster names one', async () => {
    const path = write({ cluster: { 'proxy-url': 'http://proxy.example:3128' }, user: { token: 't' } });
    const { agent } = await (await kubeconfigConnection(path)).credentials();
    expect(agent?.constructor.name).toBe('HttpsProxyAgent');
  });
});

test('the server is the current context’s, without a slash at its end', async () => {
  expect((await kubeconfigConnection(write({}))).server).toBe('https://10.0.0.1:6443');
});

describe('a kubeconfig that cannot be used', () => {
  test.each<[string, () => string, RegExp]>([
    ['does not exist', () => join(folder, 'nowhere'), /^kubeconfig .*\/nowhere: ENOENT/],
    ['is not YAML', () => join(folder, file('config', 'a: [')), /^kubeconfig .*\/config: /],
    ['is a text', () => join(folder, file('config', 'hello')), /: not a kubeconfig$/],
    ['is empty', () => join(folder, file('config', '{}')), /: no current-context$/],
    [
      'names no cluster',
      () => write({ context: { cluster: 'other' } }),
      /: context "main" names no cluster in this file$/,
    ],
    [
      'has a server without a scheme',
      () => write({ cluster: { server: '10.0.0.1:6443' } }),
      /: cluster\.server: 10\.0\.0\.1:6443 is not a URL$/,
    ],
  ])('because it %s is one line', async (_, make, expected) => {
    await expect(kubeconfigConnection(make())).rejects.toThrow(expected);
  });

  test('only for its token file is tried again', async () => {
    const connection = await kubeconfigConnection(write({ user: { tokenFile: 'later' } }));
    await expect(connection.credentials()).rejects.toMatchObject({
      code: 'credentials',
      message: expect.stringContaining('ENOENT'),
    });
    file('later', 'now');
    expect((await connection.credentials()).headers).toEqual({ authorization: 'Bearer now' });
  });
});

describe('an exec plugin', () => {
  /** A plugin that counts its runs, and tells the count as its token. */
  function plugin(expires: Date, body = ''): string {
    const log = join(folder, 'runs');
    const expirationTimestamp = expires.toISOString();
    const head = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":';
    return file(
      'plugin.sh',
      `#!/bin/sh\necho "$KUBERNETES_EXEC_INFO" >>${log}\n${body}\nn=$(wc -l <${log})\nprintf '${head}{"token":"run-%d","expirationTimestamp":"${expirationTimestamp}"}}' $n\n`,
      0o755,
    );
  }

  const exec = (command: string, more: object = {}): Parts => ({
    user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: `./${command}`, ...more } },
  });

  const runs = (): string[] =>
    existsSync(join(folder, 'runs')) ? readFileSync(join(folder, 'runs'), 'utf8').trim().split('\n') : [];

  const tomorrow = new Date(Date.now() + 86_400_000);

  test('is run once for all who ask, and not again while its answer is valid', async () => {
    const connection = await kubeconfigConnection(write(exec(plugin(tomorrow))));
    const all = await Promise.all([
      connection.credentials(),
      connection.credentials(),
      connection.credentials(),
    ]);
    expect(all.map(({ headers }) => headers['authorization'])).toEqual(Array(3).fill('Bearer run-1'));
    await connection.credentials();
    expect(runs()).toHaveLength(1);
  });

  test('is run again when its answer has expired', async () => {
    const connection = await kubeconfigConnection(write(exec(plugin(new Date(Date.now() - 1000)))));
    await connection.credentials();
    expect((await connection.credentials()).headers).toEqual({ authorization: 'Bearer run-2' });
  });

  test('is run again after the server refused its answer', async () => {
    const connection = await kubeconfigConnection(write(exec(plugin(tomorrow))));
    await connection.credentials();
    connection.refused();
    expect((await connection.credentials()).headers).toEqual({ authorization: 'Bearer run-2' });
  });

  test('is told what it is asked for', async () => {
    const connection = await kubeconfigConnection(
      write(exec(plugin(tomorrow), { provideClusterInfo: true })),
    );
    await connection.credentials();
    expect(JSON.parse(runs()[0] ?? '')).toMatchObject({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      spec: { interactive: false, cluster: { server: 'https://10.0.0.1:6443/' } },
    });
  });

  test.each([
    ['fails', 'echo "please log in" >&2\necho "again" >&2\nexit 1', 'please log in again'],
    ['answers no JSON', 'echo hello; exit 0', /JSON/],
  ])('that %s is one line', async (_, body, message) => {
    const connection = await kubeconfigConnection(write(exec(plugin(tomorrow, body))));
    await expect(connection.credentials()).rejects.toMatchObject({
      code: 'credentials',
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    });
  });

  test('that does not exist is one line', async () => {
    const connection = await kubeconfigConnection(write(exec('nowhere')));
    await expect(connection.credentials()).rejects.toMatchObject({
      code: 'credentials',
      message: expect.stringMatching(/nowhere ENOENT/),
    });
  });
});

test('a kubeconfig that was rewritten is read again after a refusal', async () => {
  const path = write({ user: { token: 'old' } });
  const connection = await kubeconfigConnection(path);
  write({ user: { token: 'new' }, cluster: { server: 'https://10.0.0.2:6443' } });
  expect((await connection.credentials()).headers).toEqual({ authorization: 'Bearer old' });
  connection.refused();
  expect((await connection.credentials()).headers).toEqual({ authorization: 'Bearer new' });
  expect(connection.server).toBe('https://10.0.0.2:6443');
  appendFileSync(path, 'garbage');
  connection.refused();
  await expect(connection.credentials()).rejects.toMatchObject({ code: 'credentials' });
});
