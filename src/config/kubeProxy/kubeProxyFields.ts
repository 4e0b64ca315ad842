/** Every field of kube-proxy's configuration, v1alpha1 up to Kubernetes 1.36: honoured, or why it need not be. */
import type { SettingKey } from '../settings.ts';

export type KubeProxyField =
  | { readonly setting: SettingKey }
  /** Ends the sentence `FIELD has no effect here: …`; of a usual value, which kubeadm writes everywhere, nothing is said. */
  | { readonly ignored: string; readonly usual?: readonly unknown[] };

const ipvs = { ignored: 'ipvs is not offered' };
const windows = { ignored: 'it is for Windows' };
const encoding = { ignored: 'objects are read as JSON' };
const pace = { ignored: 'syncs follow changes at their own pace' };
const requestRate = { ignored: 'a handful of watches need no limit' };

/** By path; `X.*` stands for all that is below X. */
export const KUBE_PROXY_FIELDS: Readonly<Record<string, KubeProxyField>> = {
  'clientConnection.kubeconfig': { setting: 'kubeconfig' },
  'clientConnection.acceptContentTypes': encoding,
  'clientConnection.contentType': encoding,
  'clientConnection.qps': requestRate,
  'clientConnection.burst': requestRate,
  hostnameOverride: { setting: 'nodeName' },
  bindAddress: { ignored: "the node's addresses are those of its Node", usual: ['0.0.0.0', '::'] },
  bindAddressHardFail: { ignored: 'a port in use is told, and tried again' },
  healthzBindAddress: { setting: 'healthzBindAddress' },
  metricsBindAddress: { setting: 'metricsBindAddress' },
  enableProfiling: { ignored: 'no profiles are served' },
  showHiddenMetricsForVersion: { ignored: 'no metrics are hidden' },
  mode: { setting: 'mode' },
  clusterCIDR: { setting: 'clusterCIDR' },
  'detectLocal.bridgeInterface': { setting: 'podBridgeInterface' },
  'detectLocal.interfaceNamePrefix': { setting: 'podInterfaceNamePrefix' },
  detectLocalMode: { setting: 'detectLocalMode' },
  nodePortAddresses: { setting: 'nodePortAddresses' },
  serviceProxyName: { ignored: 'Services that name a proxy are left to it, whichever it is' },
  oomScoreAdj: { ignored: "the kubelet sets it from the pod's priority and requests" },
  configSyncPeriod: { ignored: 'objects are watched, and compared by their versions' },
  resourceContainer: { ignored: 'the kubelet says in which cgroup the agent runs' },
  'featureGates.*': { ignored: "gates of kube-proxy's code are not of this program's" },
  'logging.*': { ignored: 'see --log-level and --log-format' },
  portRange: { ignored: 'relays listen on an address of their own, where every port is free' },
  udpIdleTimeout: { setting: 'udpIdleTimeout' },
  'iptables.masqueradeBit': { setting: 'masqueradeBit' },
  'iptables.masqueradeAll': { setting: 'masqueradeAll' },
  'iptables.localhostNodePorts': { setting: 'localhostNodePorts' },
  'iptables.syncPeriod': { ignored: 'the kernel tells when rules go' },
  'iptables.minSyncPeriod': pace,
  // Of a node in nftables mode, where they take the place of those of iptables.
  'nftables.masqueradeBit': { setting: 'masqueradeBit' },
  'nftables.masqueradeAll': { setting: 'masqueradeAll' },
  'nftables.syncPeriod': { ignored: 'the kernel tells when rules go' },
  'nftables.minSyncPeriod': pace,
  'ipvs.*': ipvs,
  'conntrack.max': { ignored: 'it went with Kubernetes 1.9: see conntrack.maxPerCore' },
  'conntrack.maxPerCore': { setting: 'conntrackMaxPerCore' },
  'conntrack.min': { setting: 'conntrackMin' },
  'conntrack.tcpEstablishedTimeout': { setting: 'conntrackTCPEstablishedTimeout' },
  'conntrack.tcpCloseWaitTimeout': { setting: 'conntrackTCPCloseWaitTimeout' },
  'conntrack.tcpBeLiberal': { setting: 'conntrackTCPBeLiberal' },
  'conntrack.udpTimeout': { setting: 'conntrackUDPTimeout' },
  'conntrack.udpStreamTimeout': { setting: 'conntrackUDPStreamTimeout' },
  'winkernel.*': windows,
  windowsRunAsService: windows,
};

/** What becomes of a field; `undefined` when kube-proxy has none of this name. */
export function kubeProxyField(path: string): KubeProxyField | undefined {
  return own(path) ?? own(`${path.split('.')[0]}.*`);
}

function own(path: string): KubeProxyField | undefined {
  return Object.hasOwn(KUBE_PROXY_FIELDS, path) ? KUBE_PROXY_FIELDS[path] : undefined;
}
