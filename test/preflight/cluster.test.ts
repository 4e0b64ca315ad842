import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/host/clock.ts';
import { HttpTransport } from '../../src/kube/transport/httpTransport.ts';
import { ApiServer } from '../../src/playground/apiserver/apiServer.ts';
import { type JsonObject, textAt } from '../../src/playground/apiserver/objects/json.ts';
import { gatherCluster } from '../../src/preflight/gather/cluster.ts';
import { gatherFacts } from '../../src/preflight/gather/facts.ts';
import type { NodeHost } from '../../src/preflight/gather/host.ts';
import { inspect } from '../../src/preflight/inspect.ts';
import type { Facts } from '../../src/preflight/facts.ts';
import { reportText } from '../../src/preflight/report.ts';
import { factsOf } from './facts.ts';

// As kubeadm leaves a cluster.
const KUBEADM = join(import.meta.dirname, '../deploy/support/kubeadm.yaml');
const PLURALS: Readonly<Record<string, string>> = {
  DaemonSet: 'daemonsets',
  Deployment: 'deployments',
  ConfigMap: 'configmaps',
  Service: 'services',
  EndpointSlice: 'endpointslices',
};

let api: ApiServer;
let server: string;
let transport: HttpTransport;

beforeEach(async () => {
  api = new ApiServer();
  await api.listen({ host: '127.0.0.1', port: 0 });
  server = api.url;
  const connection = {
    server,
    credentials: () => Promise.resolve({ headers: {}, tls: {} }),
    refused: () => undefined,
  };
  transport = new HttpTransport({ connection, clock: systemClock });
});
afterEach(async () => {
  transport.close();
  await api.close();
});

async function look(flags = ''): Promise<Facts> {
  const facts = await factsOf({ flags });
  return { ...facts, cluster: await gatherCluster(facts.settings, { transport, server }) };
}

test('a cluster as kubeadm leaves it', async () => {
  for (const object of loadAll(readFileSync(KUBEADM, 'utf8')) as JsonObject[]) {
    api.create(PLURALS[textAt(object, 'kind')] ?? '', object);
  }
  api.create('nodes', {
    metadata: { name: 'n1' },
    spec: { podCIDRs: ['10.244.0.0/24'] },
    status: {
      addresses: [
        { type: 'Hostname', address: 'n1' },
        { type: 'InternalIP', address: '192.168.0.2' },
      ],
      nodeInfo: {
        kubeletVersion: 'v1.34.0',
        kernelVersion: '6.1.0',
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
    },
  });
  const text = reportText(await inspect(await look()))
    .replaceAll(server, 'http://api')
    .replace(/Kubernetes v\S+/, 'Kubernetes V');
  await expect(`${text}\n`).toMatchFileSnapshot(join(import.meta.dirname, '../golden/preflight/cluster.txt'));
});

test('the Service that leads to the API server itself is looked up', async () => {
  api.create('services', {
    metadata: { namespace: 'default', name: 'kubernetes' },
    spec: { clusterIP: '10.96.0.1', ports: [{ port: 443 }] },
  });
  const { cluster } = await look();
  expect(cluster.kind === 'found' && cluster.value.apiService).toEqual({
    kind: 'found',
    value: ['10.96.0.1'],
  });
});

test('a server that reviews no access is asked for one object of each kind', async () => {
  const { cluster } = await look('--dns-config-map kube-system/coredns --pods verified');
  expect(
    cluster.kind === 'found' && cluster.value.access.map(({ access, denied }) => [access.resource, denied]),
  ).toEqual(
    ['services', 'endpointslices', 'nodes', 'namespaces', 'pods', 'configmaps'].map((name) => [name, []]),
  );
});

test('nobody answers', async () => {
  await api.close();
  const { cluster } = await look();
  expect(cluster).toEqual({
    kind: 'unknown',
    why: expect.stringMatching(/^cannot reach API server http:\S+: connection refused/) as string,
  });
});

test('a server that reviews access says what is missing', async () => {
  const { settings } = await factsOf({});
  const reviewed: Pick<HttpTransport, 'request'> = {
    request({ method, path, body }) {
      if (method === 'GET') return transport.request({ method, path, access: NODES });
      const { resource, verb } = (body as Review).spec.resourceAttributes;
      const allowed = !(resource === 'endpointslices' && verb === 'watch');
      return Promise.resolve({ status: { allowed } });
    },
  };
  const cluster = await gatherCluster(settings, { transport: reviewed, server });
  expect(cluster.kind === 'found' && cluster.value.access.map(({ denied }) => denied)).toEqual([
    [],
    ['watch'],
    [],
    [],
  ]);
});

/** Of a machine on which nothing can be looked at. */
const BARE: NodeHost = {
  exec: { run: () => Promise.resolve({ code: 127, stdout: '', stderr: 'not found' }) },
  sysctl: { read: () => Promise.resolve(undefined) },
  kernelRelease: () => '6.1.0',
  readText: (path) => Promise.reject(Object.assign(new Error(path), { code: 'ENOENT' })),
  listeningOn: () => Promise.resolve([]),
  seesAllProcesses: () => Promise.resolve(true),
  fetchText: () => Promise.reject(new Error('connection refused')),
  agentVersion: () => Promise.reject(new Error('no agent')),
};

test.each([
  ['auto', ['n1', 'n2'], 'found'],
  ['auto', ['n2'], 'absent'],
  ['cluster', ['n1'], 'absent'],
  ['node', ['n2'], 'found'],
] as const)(
  'with --only %s, where the cluster has nodes %j, machine n1 is %s',
  async (scope, nodes, kind) => {
    for (const name of nodes) api.create('nodes', { metadata: { name } });
    const { settings } = await factsOf({ flags: '--node-name n1' });
    const facts = await gatherFacts(settings, scope, { node: BARE, cluster: { transport, server } });
    expect([facts.node.kind, facts.cluster.kind]).toEqual([kind, scope === 'node' ? 'absent' : 'found']);
  },
);

test('a machine counts as a node where nobody can say whether it is one', async () => {
  await api.close();
  const { settings } = await factsOf({ flags: '--node-name n1' });
  const facts = await gatherFacts(settings, 'auto', { node: BARE, cluster: { transport, server } });
  expect([facts.node.kind, facts.cluster.kind]).toEqual(['found', 'unknown']);
});

const NODES = { group: '', resource: 'nodes', verbs: ['list'] };

interface Review {
  readonly spec: { readonly resourceAttributes: { readonly resource: string; readonly verb: string } };
}
