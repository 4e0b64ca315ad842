/** Other programs that route Services in kube-proxy's place. */
import type { ClusterFacts, Workload } from '../clusterFacts.ts';
import type { Facts } from '../facts.ts';
import { blocker, type Finding, ok } from '../finding.ts';
import { valueOf } from '../looked.ts';

const CHECK = 'other Service routing';

interface Replacement {
  readonly name: string;
  /** Why it routes Services; `undefined` when it does not. */
  readonly routes: (cluster: ClusterFacts) => string | undefined;
  readonly hint: string;
}

const REPLACEMENTS: readonly Replacement[] = [
  {
    name: 'Cilium',
    routes: ({ configMaps }) => {
      const data = valueOf(configMaps.cilium)?.data;
      const value = data?.get('kube-proxy-replacement') ?? 'false';
      return value === 'false' || value === 'disabled' ? undefined : `kube-proxy-replacement: ${value}`;
    },
    hint: 'set kube-proxy-replacement to false, or give --proxy off',
  },
  {
    name: 'Calico',
    routes: ({ calicoBpf }) => (valueOf(calicoBpf) === true ? 'bpfEnabled: true' : undefined),
    hint: 'set bpfEnabled to false in FelixConfiguration default, or give --proxy off',
  },
  {
    name: 'kube-router',
    // Its own default is to route.
    routes: (cluster) =>
      argsOf(cluster, 'kube-router')?.includes('--run-service-proxy=false') === false
        ? 'without --run-service-proxy=false'
        : undefined,
    hint: 'give kube-router --run-service-proxy=false, or give --proxy off',
  },
  {
    name: 'Antrea',
    routes: ({ configMaps }) => {
      const text = valueOf(configMaps.antrea)?.data.get('antrea-agent.conf') ?? '';
      return /^\s+proxyAll:\s*true\b/m.test(text) ? 'antreaProxy.proxyAll: true' : undefined;
    },
    hint: 'set antreaProxy.proxyAll to false, or give --proxy off',
  },
  {
    name: 'OVN-Kubernetes',
    routes: (cluster) =>
      argsOf(cluster, 'ovnkube-node') === undefined ? undefined : 'DaemonSet ovnkube-node',
    hint: 'it routes Services itself: give --proxy off',
  },
];

/** Links that tell, where the cluster cannot be asked. */
const LINKS: Readonly<Record<string, string>> = {
  cilium_host: 'Cilium',
  'kube-dummy-if': 'kube-router',
  'bpfout.cali': "Calico's eBPF data plane",
  'ovn-k8s-mp0': 'OVN-Kubernetes',
};

export function checkReplacements({ settings, node, cluster }: Facts): readonly Finding[] {
  if (!settings.proxy) return [];
  const facts = valueOf(cluster);
  if (facts === undefined) return fromLinks(valueOf(node)?.links.map(({ name }) => name) ?? []);
  const routing = REPLACEMENTS.flatMap(({ name, routes, hint }) => {
    const why = routes(facts);
    return why === undefined ? [] : [blocker(CHECK, `${name} routes Services: ${why}`, hint)];
  });
  return routing.length > 0 ? routing : [ok(CHECK, 'no replacement of kube-proxy was found')];
}

function fromLinks(names: readonly string[]): Finding[] {
  return names.flatMap((name) => {
    const program = LINKS[name];
    if (program === undefined) return [];
    const hint = 'if it routes Services, give --proxy off; with --kubeconfig preflight can tell';
    return [
      { level: 'warning', check: CHECK, found: `${program} is here: interface ${name}`, hint } as const,
    ];
  });
}

function argsOf({ daemonSets }: ClusterFacts, name: string): Workload['args'] | undefined {
  return valueOf(daemonSets)?.find((workload) => workload.name === name)?.args;
}
