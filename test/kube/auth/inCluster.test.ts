import { beforeEach, describe, expect, test } from 'vitest';
import { inClusterConnection } from '../../../src/kube/auth/inCluster.ts';
import type { Connection } from '../../../src/kube/transport/connection.ts';
import { FakeClock } from '../../fake/clock.ts';

const FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

let clock: FakeClock;
let files: Record<string, string>;
let reads: number;

function read(path: string): Promise<string> {
  reads += 1;
  const content = files[path];
  return content === undefined ? Promise.reject(new Error(`ENOENT: ${path}`)) : Promise.resolve(content);
}

function connect(
  env: Record<string, string> = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' },
): Connection {
  return inClusterConnection({ env, clock, read });
}

const token = async (connection: Connection): Promise<string | undefined> =>
  (await connection.credentials()).headers['authorization'];

beforeEach(() => {
  clock = new FakeClock();
  reads = 0;
  files = { [`${FOLDER}/token`]: 'one\n', [`${FOLDER}/ca.crt`]: 'CA' };
});

test.each([
  ['10.96.0.1', 'https://10.96.0.1:443'],
  ['fd00::1', 'https://[fd00::1]:443'],
  ['api.example', 'https://api.example:443'],
])('the API server at %s is %s', (host, url) => {
  expect(connect({ KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: '443' }).server).toBe(url);
});

test.each<[Record<string, string>]>([
  [{}],
  [{ KUBERNETES_SERVICE_HOST: '10.96.0.1' }],
  [{ KUBERNETES_SERVICE_PORT: '443' }],
])('outside a pod, with %j, the error says what to give instead', (env) => {
  expect(() => connect(env)).toThrow(/not in a cluster: .*--kubeconfig or --manifests/);
});

describe('the token', () => {
  test('goes with the CA', async () => {
    expect(await connect().credentials()).toEqual({
      headers: { authorization: 'Bearer one' },
      tls: { ca: 'CA' },
    });
  });

  test('is read again after a minute, not before', async () => {
    const connection = connect();
    await token(connection);
    files[`${FOLDER}/token`] = 'two';
    await clock.advance(59_999);
    expect(await token(connection)).toBe('Bearer one');
    expect(reads).toBe(2);
    await clock.advance(1);
    expect(await token(connection)).toBe('Bearer two');
  });

  test('is read again at once after the server refused it', async () => {
    const connection = connect();
    await token(connection);
    files[`${FOLDER}/token`] = 'two';
    connection.refused();
    expect(await token(connection)).toBe('Bearer two');
  });

  test('stays in use while its file is away', async () => {
    const connection = connect();
    await token(connection);
    delete files[`${FOLDER}/token`];
    await clock.advance(120_000);
    expect(await token(connection)).toBe('Bearer one');
  });

  test.each([
    ['missing', undefined, `ENOENT: ${FOLDER}/token`],
    ['empty', ' \n', `${FOLDER}/token is empty`],
  ])('that is %s from the start is an error', async (_, content, message) => {
    if (content === undefined) delete files[`${FOLDER}/token`];
    else files[`${FOLDER}/token`] = content;
    await expect(connect().credentials()).rejects.toMatchObject({
      code: 'credentials',
      message: `the pod's ServiceAccount cannot be read: ${message}`,
    });
  });
});
