/** kube-proxy's configuration file, `kubeproxy.config.k8s.io/v1alpha1`, so that a node can move over with it. */
import type { ConfigFile, Given } from './given.ts';
import { suggestion } from './nearest.ts';
import { INVALID } from './readers.ts';
import type { SettingKey } from './settings.ts';
import { TABLE } from './table.ts';

const COUNTERPARTS: Readonly<Record<string, SettingKey>> = {
  'clientConnection.kubeconfig': 'kubeconfig',
  hostnameOverride: 'nodeName',
  healthzBindAddress: 'healthzBindAddress',
  metricsBindAddress: 'metricsBindAddress',
  mode: 'mode',
  clusterCIDR: 'clusterCIDR',
  detectLocalMode: 'detectLocalMode',
  'detectLocal.bridgeInterface': 'podBridgeInterface',
  'detectLocal.interfaceNamePrefix': 'podInterfaceNamePrefix',
  nodePortAddresses: 'nodePortAddresses',
  'iptables.masqueradeBit': 'masqueradeBit',
  'iptables.masqueradeAll': 'masqueradeAll',
  'iptables.localhostNodePorts': 'localhostNodePorts',
  'conntrack.maxPerCore': 'conntrackMaxPerCore',
  'conntrack.min': 'conntrackMin',
  'conntrack.tcpEstablishedTimeout': 'conntrackTCPEstablishedTimeout',
  'conntrack.tcpCloseWaitTimeout': 'conntrackTCPCloseWaitTimeout',
  'conntrack.tcpBeLiberal': 'conntrackTCPBeLiberal',
  'conntrack.udpTimeout': 'conntrackUDPTimeout',
  'conntrack.udpStreamTimeout': 'conntrackUDPStreamTimeout',
  udpIdleTimeout: 'udpIdleTimeout',
};

/** Fields without a counterpart, and why they need none. */
const NEEDLESS: Readonly<Record<string, string>> = {
  portRange: 'relays listen on an address of their own, where every port is free',
  resourceContainer: 'the kubelet says in which cgroup the agent runs',
  bindAddress: "the node's addresses are those of its Node",
  configSyncPeriod: 'objects are watched, and compared by their versions',
  'iptables.syncPeriod': 'the kernel tells when rules go',
  'iptables.minSyncPeriod': 'syncs follow changes at their own pace',
};

/**
 * Takes the fields that have a counterpart. The others are named in the notes where they are set at all: kubeadm
 * writes every field, most of them empty. A mode that is not ours is no error, because it says how and not what.
 */
export function givenByKubeProxy(path: string, fields: Readonly<Record<string, unknown>>): ConfigFile {
  const given: Given = new Map();
  const notes: string[] = [];
  for (const [field, value] of leavesOf(fields)) {
    if (isUnset(value)) continue;
    const key = COUNTERPARTS[field];
    if (key === undefined) {
      if (isZero(value)) continue;
      const needless = NEEDLESS[field];
      const why = needless === undefined ? suggestion(field, Object.keys(COUNTERPARTS)) : `: ${needless}`;
      notes.push(`${path}: ${field} has no effect here${why}`);
    } else if (key === 'mode' && !isMode(value)) {
      notes.push(`${path}: mode: ${String(value)} is not offered here: iptables is used`);
    } else if (key === 'udpIdleTimeout' && isZero(value)) {
      // kube-proxy's own default for it; zero itself was never allowed.
      continue;
    } else {
      given.set(key, { value, from: `${path}: ${field}` });
    }
  }
  return { given, notes };
}

function* leavesOf(fields: Readonly<Record<string, unknown>>, prefix = ''): Generator<[string, unknown]> {
  for (const [name, value] of Object.entries(fields)) {
    const path = `${prefix}${name}`;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      yield* leavesOf({ ...value }, `${path}.`);
    } else {
      yield [path, value];
    }
  }
}

function isMode(value: unknown): boolean {
  return TABLE.mode.reader.read(value) !== INVALID;
}

function isUnset(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** Go's zero values: kubeadm writes them for what nobody set. */
function isZero(value: unknown): boolean {
  return value === false || value === 0 || value === '0s';
}
