/** docs/INSTALL.md, command by command, with the real kubectl on the playground's API server. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { numberAt, objectAt, textAt } from '../../src/playground/apiserver/objects/json.ts';
import { commandsOf } from './support/guide.ts';
import { GuideCluster } from './support/guideCluster.ts';
import { hasKubectl, WITHOUT_KUBECTL } from './support/kustomize.ts';
import { objectsAt } from './support/objects.ts';

/** The commands of both sections, in order. */
const commands = commandsOf('docs/INSTALL.md');

const cluster = new GuideCluster();
const { api } = cluster;
const dnsService = () => api.get('services', 'kube-system', 'kube-dns');
const kubeProxyNodes = () =>
  objectAt(api.get('daemonsets', 'kube-system', 'kube-proxy'), 'spec', 'template', 'spec', 'nodeSelector');
const replicas = () => numberAt(api.get('deployments', 'kube-system', 'coredns'), 'spec', 'replicas');
const agents = () =>
  api.list('daemonsets', 'kube-system').items.map((one) => textAt(one, 'metadata', 'name'));

interface Step {
  /** How the command begins, after `kubectl`. */
  readonly command: string;
  readonly shows: () => void;
}

const PORTS = [
  [53, 'UDP', 'dns'],
  [53, 'TCP', 'dns-tcp'],
  [9153, 'TCP', 'dns-metrics'],
];

const STORY: readonly Step[] = [
  { command: 'get endpointslice kubernetes', shows: () => undefined },
  {
    command: '-n kube-system create configmap fairlead-api-server',
    shows: () => {
      expect(api.get('configmaps', 'kube-system', 'fairlead-api-server')['data']).toEqual({
        KUBERNETES_SERVICE_HOST: '192.0.2.10',
        KUBERNETES_SERVICE_PORT: '6443',
      });
    },
  },
  { command: '-n kube-system get configmap kube-proxy', shows: () => undefined },
  {
    command: '-n kube-system patch daemonset kube-proxy',
    shows: () =>
      expect(kubeProxyNodes()).toEqual({ 'kubernetes.io/os': 'linux', 'fairlead.dev/kube-proxy': 'stays' }),
  },
  {
    command: 'apply --server-side -k deploy/base',
    shows: () => expect(agents()).toEqual(['fairlead', 'kube-proxy']),
  },
  { command: '-n kube-system rollout status daemonset fairlead', shows: () => undefined },
  {
    command: 'apply --server-side --force-conflicts -k deploy/dns-service',
    shows: () => {
      const spec = objectAt(dnsService(), 'spec');
      expect(spec['clusterIP']).toBe('10.96.0.10');
      expect(spec['selector']).toEqual({ 'app.kubernetes.io/name': 'fairlead' });
      expect(
        objectsAt(spec, 'ports').map(({ port, protocol, targetPort }) => [port, protocol, targetPort]),
      ).toEqual(PORTS);
    },
  },
  { command: '-n kube-system scale deployment coredns', shows: () => expect(replicas()).toBe(0) },
  { command: '-n kube-system scale deployment coredns', shows: () => expect(replicas()).toBe(2) },
  { command: '-n kube-system rollout status deployment coredns', shows: () => undefined },
  {
    command: '-n kube-system patch service kube-dns',
    shows: () => {
      expect(objectAt(dnsService(), 'spec')).toMatchObject({
        clusterIP: '10.96.0.10',
        selector: { 'k8s-app': 'kube-dns' },
      });
      expect(Object.keys(objectAt(dnsService(), 'spec', 'selector'))).toEqual(['k8s-app']);
      // The ports lead to ports by name, and CoreDNS's pods have those of DNS as well.
      const template = objectAt(api.get('deployments', 'kube-system', 'coredns'), 'spec', 'template', 'spec');
      const names = objectsAt(objectsAt(template, 'containers')[0], 'ports').map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(['dns', 'dns-tcp']));
    },
  },
  { command: 'delete -k deploy/base', shows: () => expect(agents()).toEqual(['kube-proxy']) },
  { command: '-n kube-system delete configmap fairlead-api-server', shows: () => undefined },
  {
    command: '-n kube-system patch daemonset kube-proxy',
    shows: () => expect(kubeProxyNodes()).toEqual({ 'kubernetes.io/os': 'linux' }),
  },
];

describe.skipIf(!hasKubectl)(`docs/INSTALL.md${WITHOUT_KUBECTL}`, () => {
  beforeAll(() => cluster.start());
  afterAll(() => cluster.close());

  test('commands and story are the same length', () => {
    expect(commands.map((command) => command.split(' ')[0])).toEqual(STORY.map(() => 'kubectl'));
  });

  test('each does what is said', { timeout: 240_000 }, async () => {
    for (const [i, { command, shows }] of STORY.entries()) {
      const written = (commands[i] ?? '').replace(/^kubectl /, '');
      expect(written.startsWith(command), written).toBe(true);
      const { code, stderr } = await cluster.kubectl(written);
      expect.soft({ written, code, stderr }).toMatchObject({ written, code: 0 });
      shows();
    }
  });
});
