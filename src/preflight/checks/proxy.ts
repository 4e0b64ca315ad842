/** Which kube-proxy routes Services now. */
import { parseKubeProxyMode } from '../kubeProxyMode.ts';
import type { Facts } from '../facts.ts';
import { blocker, type Finding, ok, warning } from '../finding.ts';
import { valueOf } from '../looked.ts';
import type { NodeFacts } from '../nodeFacts.ts';
import type { ClusterFacts } from '../clusterFacts.ts';

const CHECK = 'kube-proxy';
const MAY_STAY = 'it may stay until Fairlead is ready here; then take it off this node (docs/MIGRATION.md)';

export function checkProxy({ settings, node, cluster }: Facts): readonly Finding[] {
  if (!settings.proxy) return [ok(CHECK, 'keeps routing Services: --proxy off')];
  return [...onNode(valueOf(node)), ...inCluster(valueOf(cluster))];
}

function onNode(node: NodeFacts | undefined): Finding[] {
  if (node === undefined) return [];
  const ours = valueOf(node.agent);
  if (ours !== undefined) return [ok('fairlead', `${ours} runs on this node already`)];
  const findings = [...running(node), ...leftBehind(node)];
  return findings.length > 0
    ? findings
    : [ok(CHECK, 'has left nothing on this node, and does not run on it')];
}

function running({ proxyMode }: NodeFacts): Finding[] {
  const mode = valueOf(proxyMode);
  if (mode === undefined) return [];
  const text = `runs on this node in mode ${mode}`;
  if (mode === 'ipvs') return [ipvs(text)];
  return [warning(CHECK, text, MAY_STAY)];
}

function ipvs(text: string): Finding {
  return blocker(
    CHECK,
    text,
    'its virtual servers would answer before the rules: take it off this node and run kube-proxy --cleanup first',
  );
}

/** Rules of a kube-proxy that may have gone. */
function leftBehind({ iptables, nftTables, links, proxyMode }: NodeFacts): Finding[] {
  const findings = [];
  const held =
    valueOf(iptables)?.held.filter(({ serviceChains, canary }) => serviceChains > 0 || canary) ?? [];
  const chains = held.reduce((sum, { serviceChains }) => sum + serviceChains, 0);
  if (held.length > 0) {
    const where = [...new Set(held.map(({ variant, family }) => `${variant} ${family}`))].join(', ');
    findings.push(
      ok('rules of kube-proxy', `${chains} chains of Services (${where})`, 'taken over without a gap'),
    );
  }
  for (const table of nftTables) {
    findings.push(
      ok('rules of kube-proxy', `nftables table ${table}`, 'removed once the rules of Fairlead are in'),
    );
  }
  if (links.some(({ name }) => name === 'kube-ipvs0') && valueOf(proxyMode) !== 'ipvs') {
    findings.push(ipvs('has left kube-ipvs0, and its virtual servers with it'));
  }
  return findings;
}

function inCluster(cluster: ClusterFacts | undefined): Finding[] {
  if (cluster === undefined) return [];
  const daemon = valueOf(cluster.daemonSets)?.find(({ name }) => name === 'kube-proxy');
  const nodes = valueOf(cluster.nodes) ?? [];
  const k3s = nodes.filter(({ kubelet }) => /\+(k3s|rke2)/.test(kubelet));
  const findings = [];
  if (daemon !== undefined) {
    const config = valueOf(cluster.configMaps.kubeProxy)?.data.get('config.conf');
    const mode = config === undefined ? '' : `, mode ${parseKubeProxyMode(config)}`;
    const text = `DaemonSet ${daemon.namespace}/${daemon.name}: ${daemon.ready} of ${daemon.wanted} ready, ${daemon.image}${mode}`;
    findings.push(warning(CHECK, text, 'take it off node by node (docs/MIGRATION.md)'));
  }
  if (k3s.length > 0) {
    const text = `runs inside the k3s process of ${k3s.length} nodes`;
    findings.push(
      warning(
        CHECK,
        text,
        'start its servers with --disable-kube-proxy: it holds on each node from the restart of k3s there',
      ),
    );
  }
  if (cluster.daemonSets.kind === 'unknown') {
    findings.push(
      warning(CHECK, `was not looked for: ${cluster.daemonSets.why}`, 'may list daemonsets.apps'),
    );
  } else if (findings.length === 0) {
    findings.push(ok(CHECK, 'the cluster has no DaemonSet of it'));
  }
  return findings;
}
