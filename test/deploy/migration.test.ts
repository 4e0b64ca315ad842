/** docs/MIGRATION.md, command by command, with the real kubectl on the playground's API server. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { numberAt, objectAt, textAt } from '../../src/playground/apiserver/objects/json.ts';
import { commandsOf } from './support/guide.ts';
import { GuideCluster } from './support/guideCluster.ts';
import { hasKubectl, WITHOUT_KUBECTL } from './support/kustomize.ts';

const NODES = ['worker-1', 'worker-2'];

const cluster = new GuideCluster();
const { api } = cluster;

/** Which nodes have the label, where each DaemonSet may run, and whom the names are asked of. */
function state(): object {
  const podOf = (name: string) =>
    objectAt(api.get('daemonsets', 'kube-system', name), 'spec', 'template', 'spec');
  const agents = api
    .list('daemonsets', 'kube-system')
    .items.some(({ metadata }) => metadata.name === 'fairlead');
  const rule = JSON.stringify(podOf('kube-proxy')['affinity'] ?? {});
  const dns = objectAt(api.get('services', 'kube-system', 'kube-dns'), 'spec', 'selector');
  return {
    moved: NODES.filter(
      (name) => textAt(api.get('nodes', '', name), 'metadata', 'labels', 'fairlead.dev/moved') === 'true',
    ),
    kubeProxy: /"fairlead.dev\/moved","operator":"DoesNotExist"/.test(rule)
      ? 'where not moved'
      : 'everywhere',
    agents: agents ? textAt(podOf('fairlead'), 'nodeSelector', 'fairlead.dev/moved') : undefined,
    names: Object.keys(dns).join(),
    coredns: numberAt(api.get('deployments', 'kube-system', 'coredns'), 'spec', 'replicas'),
  };
}

const BEFORE = { moved: [], kubeProxy: 'everywhere', agents: undefined, names: 'k8s-app', coredns: 2 };
const ROOM = { ...BEFORE, kubeProxy: 'where not moved' };
const READY = { ...ROOM, agents: 'true' };
const AGENTS_NAME = { ...READY, moved: NODES, names: 'app.kubernetes.io/name' };

/** How each command begins, after `kubectl`, and what holds then. */
const STORY: readonly (readonly [command: string, state: object])[] = [
  ['-n kube-system patch daemonset kube-proxy', ROOM],
  ['-n kube-system rollout status daemonset kube-proxy', ROOM],
  ['-n kube-system create configmap fairlead-api-server', ROOM],
  ['apply --server-side -k deploy/overlays/node-by-node', READY],
  ['label node worker-1 fairlead.dev/moved=true', { ...READY, moved: ['worker-1'] }],
  ['-n kube-system rollout status daemonset fairlead', { ...READY, moved: ['worker-1'] }],
  ['label node worker-1 fairlead.dev/moved-', READY],
  ['label nodes --all fairlead.dev/moved=true', { ...READY, moved: NODES }],
  ['-n kube-system rollout status daemonset fairlead', { ...READY, moved: NODES }],
  ['apply --server-side --force-conflicts -k deploy/dns-service', AGENTS_NAME],
  ['-n kube-system scale deployment coredns', { ...AGENTS_NAME, coredns: 0 }],
  ['-n kube-system scale deployment coredns', AGENTS_NAME],
  ['-n kube-system rollout status deployment coredns', AGENTS_NAME],
  ['-n kube-system patch service kube-dns', { ...READY, moved: NODES }],
  ['label nodes --all fairlead.dev/moved-', READY],
  ['delete -k deploy/overlays/node-by-node', ROOM],
];

describe.skipIf(!hasKubectl)(`docs/MIGRATION.md${WITHOUT_KUBECTL}`, () => {
  const commands = commandsOf('docs/MIGRATION.md');

  beforeAll(() => cluster.start(NODES));
  afterAll(() => cluster.close());

  test('each command does what is said, there and back', { timeout: 240_000 }, async () => {
    expect(state()).toEqual(BEFORE);
    expect(commands).toHaveLength(STORY.length);
    for (const [i, [command, after]] of STORY.entries()) {
      const written = (commands[i] ?? '').replace(/^kubectl /, '');
      expect(written.startsWith(command), written).toBe(true);
      const { code, stderr } = await cluster.kubectl(written);
      expect.soft({ written, code, stderr }).toMatchObject({ written, code: 0 });
      expect(state(), written).toEqual(after);
    }
  });
});
