import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiServer } from '../../../src/playground/apiserver/apiServer.ts';
import { ApiClient } from '../../../src/playground/cluster/apiClient.ts';
import { setUp } from '../../../src/playground/node/containerSetup.ts';
import { launch } from '../../../src/playground/node/launch.ts';
import { type NodePod, readNodePod } from '../../../src/playground/node/nodePod.ts';

let folder: string;
let server: ApiServer;
let api: ApiClient;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setup-'));
  server = new ApiServer();
  await server.listen({ path: join(folder, 'api.sock') });
  api = new ApiClient(join(folder, 'api.sock'));
  server.create('serviceaccounts', { metadata: { name: 'agent', namespace: 'kube-system' } });
  for (const [name, data] of Object.entries({
    settings: { 'fairlead.yaml': 'clusterDomain: a.test\n' },
    where: { KUBERNETES_SERVICE_HOST: '192.0.2.10', MORE: 'x' },
  }))
    server.create('configmaps', { metadata: { name, namespace: 'kube-system' }, data });
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const VOLUMES = [
  { name: 'config', configMap: { name: 'settings' } },
  { name: 'run', hostPath: { path: '/run/fairlead', type: 'DirectoryOrCreate' } },
  { name: 'lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } },
  { name: 'state', hostPath: { path: '/var/lib/fairlead', type: 'DirectoryOrCreate' } },
  { name: 'modules', hostPath: { path: '/lib/modules' } },
];

function podOf(container: object, volumes: readonly object[] = VOLUMES): NodePod {
  const pod = readNodePod({
    metadata: { name: 'agent-1', namespace: 'kube-system', uid: 'u1' },
    spec: {
      nodeName: 'node-1',
      hostNetwork: true,
      serviceAccountName: 'agent',
      containers: [{ name: 'agent', image: 'fairlead', ...container }],
      volumes,
    },
  });
  if (pod === undefined) throw new Error('no Pod of a node');
  return pod;
}

const setUpOf = (pod: NodePod): ReturnType<typeof setUp> => setUp(api, pod, join(folder, 'pod'), 'PEM');

describe('the environment', () => {
  test('is what the Pod says, over its ConfigMaps, over what every container gets', async () => {
    const { env } = await setUpOf(
      podOf({
        env: [
          { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
          { name: 'MORE', value: 'y' },
        ],
        envFrom: [{ configMapRef: { name: 'where' } }],
      }),
    );
    expect(env).toEqual({
      KUBERNETES_SERVICE_HOST: '192.0.2.10',
      KUBERNETES_SERVICE_PORT: '443',
      NODE_NAME: 'node-1',
      MORE: 'y',
    });
  });
});

describe('mounts', () => {
  const names = VOLUMES.map(({ name }) => ({ name, mountPath: `/at/${name}` }));

  test("a node's paths in its own /run, kept ones in place of this computer's disk", async () => {
    const { mounts } = await setUpOf(podOf({ volumeMounts: names }));
    expect(
      mounts.map(({ kind, source, target }) => `${kind} ${source.replace(folder, '')} ${target}`),
    ).toEqual([
      'folder /pod/volumes/config /at/config',
      'folder /run/fairlead /at/run',
      'file /run/xtables.lock /at/lock',
      'folder /run/disk/var/lib/fairlead /at/state',
      'folder /lib/modules /at/modules',
      'folder /pod/account /var/run/secrets/kubernetes.io/serviceaccount',
    ]);
    expect(await readFile(join(folder, 'pod/volumes/config/fairlead.yaml'), 'utf8')).toContain('a.test');
  });

  test('the account: a token that the API server knows, and what to check it by', async () => {
    await setUpOf(podOf({}));
    const [token, ca, namespace] = await Promise.all(
      ['token', 'ca.crt', 'namespace'].map((file) => readFile(join(folder, 'pod/account', file), 'utf8')),
    );
    expect([ca, namespace]).toEqual(['PEM', 'kube-system']);
    const { port } = (await server.listen({ host: '127.0.0.1', port: 0 })) as { port: number };
    const ask = async (bearer = ''): Promise<number> => {
      const headers = { authorization: `Bearer ${bearer}` };
      return (await fetch(`http://127.0.0.1:${port}/api/v1/services`, { headers })).status;
    };
    // Known, and allowed nothing yet.
    expect(await ask(token)).toBe(403);
    expect(await ask('another')).toBe(401);
  });
});

test.each([
  ['a ConfigMap for the environment', { envFrom: [{ configMapRef: { name: 'no' } }] }, /"no" not found/],
  [
    'a field that is not known',
    { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'status.x' } } }] },
    /status\.x/,
  ],
  ['a volume of another kind', { volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }] }, /volume tmp/],
])('is refused: %s', async (_, container, message) => {
  await expect(setUpOf(podOf(container, [{ name: 'tmp' }]))).rejects.toThrow(message);
});

test('is refused: an account that is not there', async () => {
  server.delete('serviceaccounts', 'kube-system', 'agent');
  await expect(setUpOf(podOf({}))).rejects.toThrow(/"agent" not found/);
});

describe('the command line', () => {
  const line = (securityContext?: object): string => {
    const pod = podOf({ args: ['run', '--x'], ...(securityContext && { securityContext }) });
    const argv = launch(pod.spec.containers[0], [{ kind: 'file', source: '/a', target: '/b' }], ['fairlead']);
    return argv.slice(argv.indexOf('container') + 1).join(' ');
  };

  test.each([
    [
      'all capabilities dropped but some',
      { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'], add: ['NET_ADMIN', 'NET_RAW'] } },
      'setpriv --no-new-privs --bounding-set=-all,+net_admin,+net_raw --inh-caps=-all --',
    ],
    ['nothing said', undefined, 'setpriv --'],
  ])('%s', (_, securityContext, confined) => {
    expect(line(securityContext)).toBe(`file /a /b -- ${confined} fairlead run --x`);
  });
});
