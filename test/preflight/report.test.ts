import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Finding } from '../../src/preflight/finding.ts';
import { inspect } from '../../src/preflight/inspect.ts';
import { found } from '../../src/preflight/looked.ts';
import { reportText } from '../../src/preflight/report.ts';
import { clusterFacts, configMaps, factsOf, held, IPTABLES, nodeFacts, workload } from './facts.ts';

const KUBEADM_COREFILE = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
    acl {
       block net 192.0.2.0/24
    }
}
`;

test('a node of a kubeadm cluster, with kube-proxy and CoreDNS, is told like this', async () => {
  const facts = await factsOf({
    node: nodeFacts({
      proxyMode: found('iptables'),
      iptables: found({ ...IPTABLES, held: [held({ rules: 312, serviceChains: 84, canary: true })] }),
      listening: found([
        { protocol: 'TCP', address: '::', port: 10_256, program: 'kube-proxy' },
        { protocol: 'TCP', address: '127.0.0.1', port: 10_249, program: 'kube-proxy' },
      ]),
    }),
    cluster: clusterFacts({
      daemonSets: found([workload('kube-proxy', { image: 'registry.k8s.io/kube-proxy:v1.34.2' })]),
      deployments: found([workload('coredns', { image: 'registry.k8s.io/coredns/coredns:v1.12.1' })]),
      configMaps: configMaps({
        coredns: { Corefile: KUBEADM_COREFILE },
        kubeProxy: {
          'config.conf': `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
bindAddress: 0.0.0.0
clusterCIDR: 10.244.0.0/16
conntrack:
  maxPerCore: 65536
mode: ""
`,
        },
      }),
    }),
  });
  const text = reportText(await inspect(facts));
  await expect(`${text}\n`).toMatchFileSnapshot(join(import.meta.dirname, '../golden/preflight/kubeadm.txt'));
});

const finding = (level: Finding['level']): Finding => ({ level, check: 'c', found: 'f', hint: '' });

test.each([
  [[finding('ok')], 'Fairlead can be started: 0 blockers, 0 warnings, 1 ok.'],
  [
    [finding('ok'), finding('warning')],
    'Fairlead can be started; read the warnings: 0 blockers, 1 warning, 1 ok.',
  ],
  [[finding('warning'), finding('blocker')], 'Do not start Fairlead here yet: 1 blocker, 1 warning, 0 ok.'],
])('%j ends with %s', (findings, end) => {
  expect(reportText(findings).split('\n').at(-1)).toBe(end);
});
