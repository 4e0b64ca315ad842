/** deploy/ against the API's types, and against what the agent needs from its node. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inClusterConnection } from '../../src/kube/auth/inCluster.ts';
import { listAt, objectAt, textAt, textsAt } from '../../src/playground/apiserver/objects/json.ts';
import { FakeClock } from '../fake/clock.ts';
import { DEPLOY, hasKubectl, render, renderOwn, WITHOUT_KUBECTL } from './support/kustomize.ts';
import { container, objectsAt, only, podSpec, settingsOf } from './support/objects.ts';
import { faultsOf } from './support/schema.ts';

const folders = (name: string): string[] => readdirSync(join(DEPLOY, name)).sort();
const OVERLAYS = folders('overlays');
const COMPONENTS = folders('components');
/** Everything that runs an agent: as an operator takes it from here, and each component alone and together. */
const AGENTS = [
  'base',
  ...OVERLAYS.map((name) => `overlays/${name}`),
  ...COMPONENTS.map((name) => `+${name}`),
  '+monitoring+search-path+coredns-config+dual-stack+node-local+userspace',
];
/** Its agents start beside others: no port of the node may be theirs alone. */
const SEAMLESS = '+seamless';

describe.skipIf(!hasKubectl)(`deploy/${WITHOUT_KUBECTL}`, () => {
  test.each([...AGENTS, 'dns-service', 'dns-service-by-number'])('%s is what the API takes', async (what) => {
    const objects = render(what);
    expect(objects.length).toBeGreaterThan(0);
    expect((await Promise.all(objects.map(faultsOf))).flat()).toEqual([]);
  });

  test.each(OVERLAYS)('overlay %s is the base with the component of its name', (name) => {
    expect(render(`overlays/${name}`)).toEqual(render(`+${name}`));
  });

  /** What each adds to the agent's arguments. */
  test.each<readonly [component: string, flags: readonly string[]]>([
    ['dns-only', ['--proxy=off']],
    ['proxy-only', ['--dns=off']],
    ['userspace', ['--mode=userspace']],
    ['node-local', ['--dns-node-local=169.254.20.10']],
    ['dual-stack', ['--healthz-bind-address=[::]:10256', '--dns-metrics-bind-address=[::]:9153']],
    ['monitoring', ['--metrics-bind-address=0.0.0.0:10249']],
    ['search-path', ['--dns-search-path=on']],
    ['coredns-config', ['--dns-config-map=kube-system/coredns']],
    ['startup-taint', ['--startup-taint=fairlead.dev/not-ready']],
    ['node-by-node', []],
    ['seamless', ['--take-over=on']],
  ])('component %s gives %j', (component, flags) => {
    const given = textsAt(container(render('base')), 'args');
    expect(textsAt(container(render(`+${component}`)), 'args')).toEqual([...given, ...flags]);
  });

  test('there is no component that the table above has not', () => {
    expect(COMPONENTS).toHaveLength(11);
  });

  test.each(AGENTS.filter((what) => what !== SEAMLESS))(
    "%s: the agent's ports are those of its settings",
    async (what) => {
      const objects = render(what);
      const settings = await settingsOf(objects);
      const { healthzBindAddress, metricsBindAddress, dnsMetricsBindAddress } = settings;
      const expected = [
        ['healthz', healthzBindAddress?.port, 'TCP'],
        ['metrics', metricsBindAddress?.port, 'TCP'],
        ...(settings.dns
          ? [
              ['dns-metrics', dnsMetricsBindAddress?.port, 'TCP'],
              ['dns', 10_053, 'UDP'],
              ['dns-tcp', 10_053, 'TCP'],
            ]
          : []),
      ];
      const ports = objectsAt(container(objects), 'ports');
      expect(ports.map((port) => [port['name'], port['containerPort'], port['protocol']])).toEqual(expected);
      // The DNS Service leads to the nodes' addresses, where the agent listens unless told otherwise.
      expect(settings.dnsListen).toEqual([]);
    },
  );

  test.each(AGENTS)('%s: probes ask paths that are served', (what) => {
    const served = readFileSync(join(import.meta.dirname, '../../src/agent/serving/health.ts'), 'utf8');
    const paths = ['startupProbe', 'livenessProbe', 'readinessProbe'].map((name) => {
      const probe = objectAt(container(render(what)), name, 'httpGet');
      expect(probe['port']).toBe(what === SEAMLESS ? 10_256 : 'healthz');
      return textAt(probe, 'path');
    });
    expect(paths).toEqual(['/livez', '/livez', '/readyz']);
    for (const path of paths) expect(served).toContain(`'${path}':`);
  });

  test.each(AGENTS)('%s: what the agent writes is mounted for writing, and nothing else is', async (what) => {
    const objects = render(what);
    const { stateDir, runDir } = await settingsOf(objects);
    const mounts = objectsAt(container(objects), 'volumeMounts');
    const writable = mounts.filter((mount) => mount['readOnly'] !== true).map((mount) => mount['mountPath']);
    expect(writable).toEqual([runDir, stateDir, '/run/xtables.lock']);
    expect(objectAt(container(objects), 'securityContext')['readOnlyRootFilesystem']).toBe(true);
    // What the successor and `fairlead status` look for is at the same place on the node.
    const hostPaths = objectsAt(podSpec(objects), 'volumes').flatMap(
      (volume) => textAt(volume, 'hostPath', 'path') || [],
    );
    expect(hostPaths).toEqual(
      mounts.map((mount) => mount['mountPath']).filter((path) => path !== '/etc/fairlead'),
    );
  });

  test.each(AGENTS)('%s: no capability without its use', async (what) => {
    const { dns } = await settingsOf(render(what));
    const capabilities = objectAt(container(render(what)), 'securityContext', 'capabilities');
    expect(capabilities).toEqual({
      drop: ['ALL'],
      // Port 53 is the only one below 1024.
      add: ['NET_ADMIN', 'NET_RAW', ...(dns ? ['NET_BIND_SERVICE'] : [])],
    });
    expect(objectAt(container(render(what)), 'securityContext')).toMatchObject({
      allowPrivilegeEscalation: false,
      runAsUser: 0,
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });

  test.each(AGENTS)('%s: it runs on every node, before all that needs it', (what) => {
    expect(podSpec(render(what))).toMatchObject({
      hostNetwork: true,
      dnsPolicy: 'Default',
      priorityClassName: 'system-node-critical',
      tolerations: [{ operator: 'Exists' }],
      nodeSelector: { 'kubernetes.io/os': 'linux' },
    });
    const daemonSet = only(render(what), 'DaemonSet');
    expect(objectAt(daemonSet, 'metadata')['namespace']).toBe('kube-system');
    expect(objectAt(daemonSet, 'spec', 'updateStrategy', 'rollingUpdate')).toEqual(
      what === SEAMLESS ? { maxSurge: '10%', maxUnavailable: 0 } : { maxUnavailable: '10%' },
    );
    expect(objectAt(daemonSet, 'spec', 'selector', 'matchLabels')).toEqual(
      objectAt(daemonSet, 'spec', 'template', 'metadata', 'labels'),
    );
  });

  test('agents that start beside others declare no ports, and are found by number all the same', async () => {
    const { healthzBindAddress, dnsMetricsBindAddress } = await settingsOf(render(SEAMLESS));
    expect(container(render(SEAMLESS))['ports']).toBeUndefined();
    expect(healthzBindAddress?.port).toBe(10_256);
    const [byName, byNumber] = ['dns-service', 'dns-service-by-number'].map((what) => {
      const spec = objectAt(only(render(what), 'Service'), 'spec');
      const ports = objectsAt(spec, 'ports');
      return {
        ...spec,
        ports: ports.map((port) => ({ ...port, targetPort: 'said below' })),
        to: ports.map((port) => port['targetPort']),
      };
    });
    expect(byNumber?.to).toEqual([10_053, 10_053, dnsMetricsBindAddress?.port]);
    expect({ ...byNumber, to: byName?.to }).toEqual(byName);
  });

  test.each(AGENTS)('%s: a stop has the time that the agent takes for it', async (what) => {
    const { relayStopDrain } = await settingsOf(render(what));
    const grace = podSpec(render(what))['terminationGracePeriodSeconds'];
    // Queries under way take three seconds at most, and a successor waits ten for all of it.
    expect(Number(grace)).toBeGreaterThan(relayStopDrain / 1000 + 10);
  });

  test('memory that is asked for is what the agent was measured with at 10,000 Services', () => {
    const figures = readFileSync(join(DEPLOY, '../docs/PERFORMANCE.md'), 'utf8');
    const [, megabytes = ''] = /^\| resident memory.*\| (\d+) MB \|$/m.exec(figures) ?? [];
    const asked = textAt(container(render('base')), 'resources', 'requests', 'memory');
    const bytes = Number(/^(\d+)Mi$/.exec(asked)?.[1]) * 1024 * 1024;
    expect(bytes).toBeGreaterThanOrEqual(Number(megabytes) * 1e6);
    expect(bytes).toBeLessThan(Number(megabytes) * 1e6 * 1.25);
  });

  test('the kustomization of docs/INSTALL.md is one, with all that it says in force', async () => {
    const guide = readFileSync(join(DEPLOY, '../docs/INSTALL.md'), 'utf8');
    const [, own = ''] = /^```yaml kustomization\n(.*?)^```/ms.exec(guide) ?? [];
    const [, settings = ''] = /^```yaml\n(apiVersion: fairlead.*?)^```/ms.exec(guide) ?? [];
    const objects = renderOwn({ 'kustomization.yaml': own, 'fairlead.yaml': settings });
    expect((await Promise.all(objects.map(faultsOf))).flat()).toEqual([]);
    expect(await settingsOf(objects)).toMatchObject({
      mode: 'userspace',
      dnsSearchPath: true,
      dnsConfigMaps: ['kube-system/coredns'],
      clusterCIDR: [{ text: '10.244.0.0/16' }, { text: 'fd00:10:244::/56' }],
      healthzBindAddress: { address: '::' },
    });
    expect(container(objects)['image']).toBe('registry.example/fairlead:0.1.0');
    // Its address of the API server is in a ConfigMap of the name that the DaemonSet asks for.
    const [from] = objectsAt(container(objects), 'envFrom');
    const name = textAt(from, 'configMapRef', 'name');
    const given = objects.find((object) => textAt(object, 'metadata', 'name') === name);
    expect(given?.['data']).toEqual({
      KUBERNETES_SERVICE_HOST: '192.0.2.10',
      KUBERNETES_SERVICE_PORT: '6443',
    });
  });

  test('a changed configuration is rolled out: its ConfigMap has a name of its own', () => {
    const name = textAt(only(render('base'), 'ConfigMap'), 'metadata', 'name');
    expect(name).toMatch(/^fairlead-[a-z0-9]{10}$/);
  });

  test('the image is fairlead:dev, and images: gives it another name', () => {
    expect(container(render('base'))['image']).toBe('fairlead:dev');
  });

  describe('the API server is asked at its own address', () => {
    // A clusterIP, 10.96.0.1, is what each container has in its environment unless the pod says otherwise; and it leads
    // nowhere on a node without rules.
    test.each(AGENTS)('%s takes it from a ConfigMap that must be there', (what) => {
      expect(container(render(what))['envFrom']).toEqual([{ configMapRef: { name: 'fairlead-api-server' } }]);
      expect(listAt(container(render(what)), 'env').length).toBe(1);
      expect(
        render(what).some((object) => textAt(object, 'metadata', 'name') === 'fairlead-api-server'),
      ).toBe(false);
    });

    test.each([
      ['192.0.2.10', '6443', 'https://192.0.2.10:6443'],
      ['2001:db8::10', '6443', 'https://[2001:db8::10]:6443'],
      ['kind-control-plane', '6443', 'https://kind-control-plane:6443'],
    ])('its keys are what the agent reads: %s %s', (host, port, server) => {
      const env = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port };
      expect(inClusterConnection({ env, clock: new FakeClock() }).server).toBe(server);
      const guide = readFileSync(join(DEPLOY, '../docs/INSTALL.md'), 'utf8');
      for (const key of Object.keys(env)) expect(guide).toContain(`--from-literal=${key}=`);
    });
  });
});
