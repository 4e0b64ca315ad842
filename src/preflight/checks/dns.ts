/** Which DNS answers the cluster's names now, and whether pods ask where Fairlead would answer. */
import type { ClusterFacts } from '../clusterFacts.ts';
import type { Facts } from '../facts.ts';
import { blocker, type Finding, ok, warning } from '../finding.ts';
import { ABSENT, valueOf } from '../looked.ts';
import type { KubeletFacts, NodeFacts } from '../nodeFacts.ts';
import type { Settings } from '../../config/settings.ts';

/** NodeLocal DNSCache's device, and where its pods are told to ask. */
const NODE_LOCAL_LINK = 'nodelocaldns';
const KUBELET = "kubelet's DNS";
const SERVERS = ['coredns', 'kube-dns', 'rke2-coredns-rke2-coredns'];

export function checkDns({ settings, node, cluster }: Facts): readonly Finding[] {
  if (!settings.dns) return [ok('cluster DNS', 'stays as it is: --dns off')];
  const facts = valueOf(cluster);
  return [
    ...(facts === undefined ? [] : [...service(facts, settings), ...servers(facts)]),
    ...nodeLocal(valueOf(node), facts),
    ...kubelet(valueOf(node), facts, settings),
  ];
}

function service({ dnsService }: ClusterFacts, { dnsService: name }: Settings): Finding[] {
  const check = 'DNS Service';
  switch (dnsService.kind) {
    case 'found':
      return dnsService.value.length > 0
        ? [ok(check, `${name}: ${dnsService.value.join(', ')}`, 'answered on every node by Fairlead')]
        : [blocker(check, `${name} has no clusterIP`, 'pods need an address that stays: name another one')];
    case 'absent':
      return [blocker(check, `${name} does not exist`, 'name it with --dns-service, or create it')];
    case 'unknown':
      return [warning(check, `was not looked at: ${dnsService.why}`, 'may get services')];
    default:
      return dnsService satisfies never;
  }
}

function servers({ deployments }: ClusterFacts): Finding[] {
  const found = valueOf(deployments)?.filter(({ name }) => SERVERS.includes(name)) ?? [];
  return found.map(({ namespace, name, ready, wanted, image }) =>
    ok(
      'cluster DNS',
      `Deployment ${namespace}/${name}: ${ready} of ${wanted} ready, ${image}`,
      'may stay as the way out; scale it down when every node has moved',
    ),
  );
}

function nodeLocal(node: NodeFacts | undefined, cluster: ClusterFacts | undefined): Finding[] {
  const check = 'NodeLocal DNSCache';
  const link = node?.links.find(({ name }) => name === NODE_LOCAL_LINK);
  const daemon = valueOf(cluster?.daemonSets ?? ABSENT)?.find(({ name }) => name === 'node-local-dns');
  const findings = [];
  if (link !== undefined) {
    findings.push(
      warning(
        check,
        `answers on this node: ${link.addresses.join(', ')}`,
        'take it off this node once Fairlead runs: its addresses are then answered by Fairlead',
      ),
    );
  }
  if (daemon !== undefined) {
    const text = `DaemonSet ${daemon.namespace}/${daemon.name}: ${daemon.ready} of ${daemon.wanted} ready`;
    findings.push(warning(check, text, 'take it off node by node (docs/MIGRATION.md)'));
  }
  return findings;
}

function kubelet(
  node: NodeFacts | undefined,
  cluster: ClusterFacts | undefined,
  settings: Settings,
): Finding[] {
  if (node === undefined) return [];
  if (node.kubelet.kind !== 'found') {
    const why = node.kubelet.kind === 'unknown' ? node.kubelet.why : 'it has no file of settings here';
    return [
      warning(
        KUBELET,
        `is not known: ${why}`,
        "compare /etc/resolv.conf of a pod with the DNS Service's clusterIP",
      ),
    ];
  }
  return [
    ...domain(node.kubelet.value, settings),
    ...addresses(node.kubelet.value, valueOf(cluster?.dnsService ?? ABSENT), settings),
  ];
}

function domain({ file, clusterDomain }: KubeletFacts, settings: Settings): Finding[] {
  if (clusterDomain === '' || clusterDomain.replace(/\.$/, '') === settings.clusterDomain) return [];
  const text = `clusterDomain is ${clusterDomain} in ${file}, and Fairlead would answer ${settings.clusterDomain}`;
  return [blocker(KUBELET, text, `give --cluster-domain ${clusterDomain}`)];
}

/** `clusterIPs` are the DNS Service's, where the cluster was asked. */
function addresses(
  { file, clusterDNS }: KubeletFacts,
  clusterIPs: readonly string[] | undefined,
  { dnsNodeLocal }: Settings,
): Finding[] {
  if (clusterDNS.length === 0)
    return [warning(KUBELET, `${file} names none`, 'pods ask whom their node asks')];
  const answered = [...(clusterIPs ?? []), ...dnsNodeLocal];
  const unanswered = clusterDNS.filter((address) => !answered.includes(address));
  const told = clusterDNS.join(', ');
  if (unanswered.length === 0) return [ok(KUBELET, `pods ask ${told}`)];
  const linkLocal = unanswered.filter((address) => /^(169\.254\.|fe[89ab])/.test(address));
  if (linkLocal.length > 0) {
    const hint = `give --dns-node-local ${linkLocal.join(',')}`;
    return [blocker(KUBELET, `pods ask ${told}, where Fairlead would not answer`, hint)];
  }
  return clusterIPs === undefined
    ? [ok(KUBELET, `pods ask ${told}`, 'must be the clusterIPs of the DNS Service: --kubeconfig tells')]
    : [blocker(KUBELET, `pods ask ${told}, which the DNS Service does not have`, 'see --dns-service')];
}
