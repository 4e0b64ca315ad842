import { expect, test } from 'vitest';
import { parseConfigFile } from '../../../src/config/file.ts';
import { KUBE_PROXY_FIELDS, kubeProxyField } from '../../../src/config/kubeProxy/kubeProxyFields.ts';
import { TABLE } from '../../../src/config/tables/table.ts';

// The type KubeProxyConfiguration of kubeproxy.config.k8s.io/v1alpha1, field by field, Kubernetes 1.28 to 1.36.
const FIELDS = `
featureGates.X clientConnection.kubeconfig clientConnection.acceptContentTypes clientConnection.contentType
clientConnection.qps clientConnection.burst logging.format logging.flushFrequency logging.verbosity logging.vmodule
logging.options.text.infoBufferSize logging.options.json.infoBufferSize hostnameOverride bindAddress
healthzBindAddress metricsBindAddress bindAddressHardFail enableProfiling showHiddenMetricsForVersion
mode iptables.masqueradeBit iptables.masqueradeAll iptables.localhostNodePorts iptables.syncPeriod
iptables.minSyncPeriod ipvs.syncPeriod ipvs.minSyncPeriod ipvs.scheduler ipvs.excludeCIDRs ipvs.strictARP
ipvs.tcpTimeout ipvs.tcpFinTimeout ipvs.udpTimeout nftables.masqueradeBit nftables.masqueradeAll nftables.syncPeriod
nftables.minSyncPeriod winkernel.networkName winkernel.sourceVip winkernel.enableDSR winkernel.rootHnsEndpointName
winkernel.forwardHealthCheckVip detectLocalMode detectLocal.bridgeInterface detectLocal.interfaceNamePrefix
clusterCIDR nodePortAddresses oomScoreAdj conntrack.maxPerCore conntrack.min conntrack.tcpEstablishedTimeout
conntrack.tcpCloseWaitTimeout conntrack.tcpBeLiberal conntrack.udpTimeout conntrack.udpStreamTimeout
configSyncPeriod portRange windowsRunAsService udpIdleTimeout serviceProxyName
`
  .trim()
  .split(/\s+/);

test.each(FIELDS)('%s is honoured, or ignored with a reason', (path) => {
  const field = kubeProxyField(path);
  expect(field).toBeDefined();
  if (field !== undefined && 'setting' in field) expect(TABLE).toHaveProperty([field.setting]);
});

test.each(Object.entries(KUBE_PROXY_FIELDS).filter(([, field]) => 'ignored' in field))(
  '%s is told of, with its line and the reason, when it is set',
  async (path) => {
    const names = path.replace('*', 'x').split('.');
    const text = names.map((name, depth) => `${'  '.repeat(depth)}${name}:`).join('\n');
    const { given, notes } = await parseConfigFile(
      'kp.conf',
      `apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n${text} 7\n`,
    );
    expect([...given]).toEqual([]);
    expect(notes).toEqual([
      expect.stringMatching(`^kp.conf:${2 + names.length}: ${names.join('.')} has no effect here: .{10}`),
    ]);
  },
);

test('a field that kube-proxy does not know is told of, and the nearest that it does', async () => {
  const text = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCDIR: a\n';
  expect((await parseConfigFile('kp.conf', text)).notes).toEqual([
    'kp.conf:3: clusterCDIR is no field of kube-proxy; did you mean clusterCIDR?',
  ]);
});
