import { expect, test } from 'vitest';
import { parseConfigFile } from '../../src/config/file.ts';
import { originText } from '../../src/config/origin.ts';

const OURS = 'apiVersion: fairlead.dev/v1alpha1\nkind: FairleadConfiguration\n';
const KUBE_PROXY = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';

test.each([
  [
    'a mistyped key',
    `${OURS}masqueradebit: 3`,
    'a.yaml:3: unknown key masqueradebit; did you mean masqueradeBit?',
  ],
  ['a key that resembles none', `${OURS}zzz: 3`, 'a.yaml:3: unknown key zzz'],
  ['a list', '- mode: iptables', 'a.yaml: holds no configuration'],
  [
    'another kind',
    'apiVersion: v1\nkind: ConfigMap',
    'a.yaml: is v1 ConfigMap, not fairlead.dev/v1alpha1 FairleadConfiguration or kubeproxy.config.k8s.io/v1alpha1 KubeProxyConfiguration',
  ],
])('%s is refused', async (_, text, message) => {
  await expect(parseConfigFile('a.yaml', text)).rejects.toMatchObject({ name: 'UsageError', message });
});

test.each([
  ['a list without its end', `${OURS}dns: [on\nmode: iptables`, 'a.yaml:4: deficient indentation'],
  ['a key twice', `${OURS}dns: on\nmode: iptables\ndns: off`, 'a.yaml:5: duplicated mapping key'],
])('broken YAML names the file and the line: %s', async (_, text, message) => {
  await expect(parseConfigFile('a.yaml', text)).rejects.toMatchObject({ name: 'UsageError', message });
});

test('a key without a value is left to its default', async () => {
  const { given } = await parseConfigFile('a.yaml', `${OURS}mode:\n`);
  expect([...given]).toEqual([]);
});

// As kubeadm 1.34 writes it into the kube-proxy ConfigMap, with a few fields set by an administrator.
const KUBEADM = `${KUBE_PROXY}
bindAddress: 0.0.0.0
bindAddressHardFail: false
clientConnection:
  acceptContentTypes: ""
  burst: 0
  contentType: ""
  kubeconfig: /var/lib/kube-proxy/kubeconfig.conf
  qps: 0
clusterCIDR: 10.244.0.0/16
configSyncPeriod: 0s
conntrack:
  maxPerCore: 65536
  min: null
  tcpBeLiberal: false
  tcpCloseWaitTimeout: null
  tcpEstablishedTimeout: 12h0m0s
  udpTimeout: 0s
detectLocal:
  bridgeInterface: cni0
  interfaceNamePrefix: ""
detectLocalMode: BridgeInterface
enableProfiling: false
healthzBindAddress: ""
hostnameOverride: ""
iptables:
  localhostNodePorts: false
  masqueradeAll: false
  masqueradeBit: 0
  minSyncPeriod: 0s
  syncPeriod: 0s
metricsBindAddress: 127.0.0.1
mode: ipvs
nodePortAddresses: null
oomScoreAdj: null
portRange: ""
`;

test("kube-proxy's fields become ours, the others are named once each if they are set", async () => {
  const { given, notes } = await parseConfigFile('kp.conf', KUBEADM);
  expect(
    Object.fromEntries([...given].map(([key, { value, origin }]) => [key, [value, originText(origin)]])),
  ).toEqual({
    kubeconfig: ['/var/lib/kube-proxy/kubeconfig.conf', 'kp.conf:10: clientConnection.kubeconfig'],
    clusterCIDR: ['10.244.0.0/16', 'kp.conf:12: clusterCIDR'],
    conntrackMaxPerCore: [65_536, 'kp.conf:15: conntrack.maxPerCore'],
    conntrackTCPBeLiberal: [false, 'kp.conf:17: conntrack.tcpBeLiberal'],
    conntrackTCPEstablishedTimeout: ['12h0m0s', 'kp.conf:19: conntrack.tcpEstablishedTimeout'],
    conntrackUDPTimeout: ['0s', 'kp.conf:20: conntrack.udpTimeout'],
    detectLocalMode: ['BridgeInterface', 'kp.conf:24: detectLocalMode'],
    podBridgeInterface: ['cni0', 'kp.conf:22: detectLocal.bridgeInterface'],
    localhostNodePorts: [false, 'kp.conf:29: iptables.localhostNodePorts'],
    masqueradeAll: [false, 'kp.conf:30: iptables.masqueradeAll'],
    masqueradeBit: [0, 'kp.conf:31: iptables.masqueradeBit'],
    metricsBindAddress: ['127.0.0.1', 'kp.conf:34: metricsBindAddress'],
  });
  expect(notes).toEqual(['kp.conf:35: mode: ipvs is not offered here: iptables is used']);
});

// Files of userspace mode as kube-proxy had it until 1.25.
test.each<readonly [fields: string, given: object, notes: readonly string[]]>([
  ['mode: userspace', { mode: 'userspace' }, []],
  ['udpIdleTimeout: 250ms', { udpIdleTimeout: '250ms' }, []],
  ['udpIdleTimeout: 0s', {}, []],
  ['bindAddress: 0.0.0.0', {}, []],
  [
    'bindAddress: 192.0.2.1',
    {},
    ["kp.conf:3: bindAddress has no effect here: the node's addresses are those of its Node"],
  ],
  [
    'portRange: 30000-31000',
    {},
    [
      'kp.conf:3: portRange has no effect here: relays listen on an address of their own, where every port is free',
    ],
  ],
  [
    'resourceContainer: /kube-proxy',
    {},
    ['kp.conf:3: resourceContainer has no effect here: the kubelet says in which cgroup the agent runs'],
  ],
  [
    'iptables: { syncPeriod: 30s, minSyncPeriod: 0s }',
    {},
    ['kp.conf:3: iptables.syncPeriod has no effect here: the kernel tells when rules go'],
  ],
])('of kube-proxy in userspace mode: %s', async (fields, expected, told) => {
  const { given, notes } = await parseConfigFile('kp.conf', `${KUBE_PROXY}${fields}`);
  expect(Object.fromEntries([...given].map(([key, { value }]) => [key, value]))).toEqual(expected);
  expect(notes).toEqual(told);
});

// In nftables mode NodePorts answer on the primary addresses unless something is said, and each mode has its own mark.
test.each<readonly [fields: string, given: object]>([
  ['mode: nftables', { nodePortAddresses: 'primary' }],
  [
    'mode: nftables\nnodePortAddresses: [10.0.0.0/8]\nnftables: { masqueradeBit: 9, masqueradeAll: true }\niptables: { masqueradeBit: 14 }',
    { nodePortAddresses: ['10.0.0.0/8'], masqueradeBit: 9, masqueradeAll: true },
  ],
  ['mode: ""\nnftables: { masqueradeBit: 9 }\niptables: { masqueradeBit: 13 }', { masqueradeBit: 13 }],
])('of kube-proxy in nftables mode: %s', async (fields, expected) => {
  const { given } = await parseConfigFile('kp.conf', `${KUBE_PROXY}${fields}\n`);
  expect(Object.fromEntries([...given].map(([key, { value }]) => [key, value]))).toEqual(expected);
});
