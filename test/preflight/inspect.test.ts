import { expect, test } from 'vitest';
import type { Level } from '../../src/preflight/finding.ts';
import { inspect } from '../../src/preflight/inspect.ts';
import { ABSENT, found, unknown } from '../../src/preflight/looked.ts';
import {
  clusterFacts,
  configMaps,
  factsOf,
  type FactsGiven,
  held,
  IPTABLES,
  nodeFacts,
  nodeObject,
  workload,
} from './facts.ts';

const node = nodeFacts;
const cluster = clusterFacts;
const listens = (port: number, program: string, protocol: 'TCP' | 'UDP' = 'TCP', address = '::') =>
  found([{ protocol, address, port, program }]);
const kubeProxyFile = (text: string) =>
  cluster({
    configMaps: configMaps({
      kubeProxy: {
        'config.conf': `apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n${text}\n`,
      },
    }),
  });

/** Facts that differ from those of a healthy cluster without kube-proxy, and the findings that only they have. */
const TABLE: readonly (readonly [
  story: string,
  given: FactsGiven,
  findings: readonly (readonly [level: Level, check: string, text: string])[],
])[] = [
  ['nothing in the way', { node: node(), cluster: cluster() }, []],

  // The machine.
  ['an old kernel', { node: node({ kernel: '4.15.0-213' }) }, [['warning', 'kernel', 'Linux 4.15.0-213']]],
  ['a new kernel', { node: node({ kernel: '10.0.0' }) }, []],
  [
    'no ipset',
    { node: node({ missingPrograms: ['ipset'] }) },
    [['blocker', 'program ipset', 'is not installed']],
  ],
  ['no ipset, and no DNS', { node: node({ missingPrograms: ['ipset'] }), flags: '--dns off' }, []],
  ['no nft', { node: node({ missingPrograms: ['nft'] }) }, [['warning', 'program nft', 'is not installed']]],
  [
    'no xt_recent',
    {
      node: node({
        refused: found([
          {
            family: 'IPv4',
            what: 'match "recent"',
            lost: 'sessionAffinity has no effect',
            why: 'no such file',
          },
        ]),
      }),
    },
    [['warning', 'kernel modules', 'IPv4: the kernel refuses match "recent": no such file']],
  ],
  [
    'no xt_statistic',
    { node: node({ refused: found([{ family: 'IPv6', what: 'match "statistic"', lost: '', why: 'no' }]) }) },
    [['blocker', 'kernel modules', 'IPv6: the kernel refuses match "statistic": no']],
  ],
  [
    'no root to try modules',
    { node: node({ refused: unknown('unshare failed: Operation not permitted') }) },
    [['warning', 'kernel modules', 'were not tried: unshare failed: Operation not permitted']],
  ],
  [
    'a table of connections that is nearly full',
    { node: node({ conntrack: found({ count: 250_000, max: 262_144 }) }) },
    [['warning', 'connection tracking', '250000 of 262144 entries are in use']],
  ],

  // iptables.
  ['no iptables', { node: node({ iptables: ABSENT }) }, [['blocker', 'iptables', 'is not installed']]],
  [
    'no root for iptables',
    { node: node({ iptables: unknown('cannot program any family: permission denied') }) },
    [['blocker', 'iptables', 'cannot program any family: permission denied']],
  ],
  [
    'no IPv6',
    { node: node({ iptables: found({ ...IPTABLES, leftOut: ['IPv6: ip6tables exits with 3'] }) }) },
    [['warning', 'iptables', 'IPv6: ip6tables exits with 3']],
  ],
  [
    "kube-proxy's rules in the other backend",
    {
      node: node({
        iptables: found({ ...IPTABLES, held: [held({ variant: 'legacy', rules: 90, serviceChains: 40 })] }),
      }),
    },
    [['blocker', 'iptables backend', '40 chains of Services are in legacy, and Fairlead would use nft']],
  ],
  [
    'rules of others in the other backend',
    { node: node({ iptables: found({ ...IPTABLES, held: [held({ variant: 'legacy', rules: 7 })] }) }) },
    [['warning', 'iptables backend', '7 rules of others are in legacy']],
  ],

  // kube-proxy.
  [
    'kube-proxy beside us',
    { node: node({ proxyMode: found('iptables') }) },
    [['warning', 'kube-proxy', 'runs on this node in mode iptables']],
  ],
  [
    'kube-proxy in mode ipvs',
    { node: node({ proxyMode: found('ipvs'), links: [{ name: 'kube-ipvs0', addresses: [] }] }) },
    [['blocker', 'kube-proxy', 'runs on this node in mode ipvs']],
  ],
  [
    'what ipvs left',
    { node: node({ links: [{ name: 'kube-ipvs0', addresses: [] }] }) },
    [['blocker', 'kube-proxy', 'has left kube-ipvs0, and its virtual servers with it']],
  ],
  [
    'Fairlead itself is at 10249',
    {
      node: node({ proxyMode: found('iptables'), agent: found('0.1.0'), listening: listens(10_249, 'node') }),
    },
    [],
  ],
  [
    'a DaemonSet of kube-proxy',
    { cluster: cluster({ daemonSets: found([workload('kube-proxy')]) }) },
    [
      [
        'warning',
        'kube-proxy',
        'DaemonSet kube-system/kube-proxy: 2 of 2 ready, registry.example/kube-proxy:v1',
      ],
    ],
  ],
  [
    'k3s',
    { cluster: cluster({ nodes: found([nodeObject({ kubelet: 'v1.33.1+k3s1' })]) }) },
    [['warning', 'kube-proxy', 'runs inside the k3s process of 1 nodes']],
  ],
  [
    'routing is not ours',
    {
      node: node({ proxyMode: found('ipvs') }),
      cluster: cluster({ daemonSets: found([workload('ovnkube-node')]) }),
      flags: '--proxy off',
    },
    [],
  ],

  // Others who route Services.
  [
    'Cilium with kube-proxy-replacement true',
    { cluster: cluster({ configMaps: configMaps({ cilium: { 'kube-proxy-replacement': 'true' } }) }) },
    [['blocker', 'other Service routing', 'Cilium routes Services: kube-proxy-replacement: true']],
  ],
  [
    'Cilium with kube-proxy-replacement strict',
    { cluster: cluster({ configMaps: configMaps({ cilium: { 'kube-proxy-replacement': 'strict' } }) }) },
    [['blocker', 'other Service routing', 'Cilium routes Services: kube-proxy-replacement: strict']],
  ],
  [
    'Cilium with kube-proxy-replacement false',
    { cluster: cluster({ configMaps: configMaps({ cilium: { 'kube-proxy-replacement': 'false' } }) }) },
    [],
  ],
  [
    'Calico with eBPF',
    { cluster: cluster({ calicoBpf: found(true) }) },
    [['blocker', 'other Service routing', 'Calico routes Services: bpfEnabled: true']],
  ],
  ['Calico without eBPF', { cluster: cluster({ calicoBpf: found(false) }) }, []],
  [
    'kube-router',
    { cluster: cluster({ daemonSets: found([workload('kube-router')]) }) },
    [['blocker', 'other Service routing', 'kube-router routes Services: without --run-service-proxy=false']],
  ],
  [
    'kube-router for pods only',
    {
      cluster: cluster({
        daemonSets: found([workload('kube-router', { args: ['--run-service-proxy=false'] })]),
      }),
    },
    [],
  ],
  [
    'Antrea with proxyAll',
    {
      cluster: cluster({
        configMaps: configMaps({ antrea: { 'antrea-agent.conf': 'antreaProxy:\n  proxyAll: true\n' } }),
      }),
    },
    [['blocker', 'other Service routing', 'Antrea routes Services: antreaProxy.proxyAll: true']],
  ],
  [
    "Cilium's interface, with no cluster to ask",
    { node: node({ links: [{ name: 'cilium_host', addresses: [] }] }) },
    [['warning', 'other Service routing', 'Cilium is here: interface cilium_host']],
  ],

  // Ports.
  [
    "kube-proxy's probes",
    { node: node({ listening: listens(10_256, 'kube-proxy') }) },
    [['warning', 'port 10256', '--healthz-bind-address: kube-proxy listens on TCP [::]:10256']],
  ],
  [
    "somebody's metrics",
    { node: node({ listening: listens(9153, 'prometheus', 'TCP', '0.0.0.0') }) },
    [['blocker', 'port 9153', '--dns-metrics-bind-address: prometheus listens on TCP 0.0.0.0:9153']],
  ],
  ['the same with --dns off', { node: node({ listening: listens(9153, 'x') }), flags: '--dns off' }, []],
  [
    'dnsmasq on every address',
    { node: node({ listening: listens(53, 'dnsmasq', 'UDP', '0.0.0.0') }), cluster: cluster() },
    [['blocker', 'port 53', 'names on 10.96.0.10: dnsmasq listens on UDP 0.0.0.0:53']],
  ],
  [
    'systemd-resolved on its own address',
    {
      node: node({ listening: listens(53, 'systemd-resolve', 'UDP', '127.0.0.53') }),
      cluster: cluster(),
    },
    [],
  ],
  [
    'a program outside of the container that preflight runs in',
    {
      node: node({ listening: listens(10_249, '', 'TCP', '127.0.0.1'), seesAllProcesses: false }),
    },
    [
      [
        'warning',
        'port 10249',
        '--metrics-bind-address: TCP 127.0.0.1:10249 is taken, by whom cannot be seen from inside this container',
      ],
    ],
  ],
  [
    'one that is seen from there',
    { node: node({ listening: listens(10_249, 'x', 'TCP', '127.0.0.1'), seesAllProcesses: false }) },
    [['blocker', 'port 10249', '--metrics-bind-address: x listens on TCP 127.0.0.1:10249']],
  ],
  [
    'a program of another namespace of processes',
    { node: node({ listening: listens(10_249, '', 'TCP', '127.0.0.1') }) },
    [
      [
        'blocker',
        'port 10249',
        '--metrics-bind-address: a program that cannot be seen from here listens on TCP 127.0.0.1:10249',
      ],
    ],
  ],
  ['metrics on another address', { node: node({ listening: listens(10_249, 'x', 'TCP', '10.0.0.1') }) }, []],
  ['a UDP socket on a port for TCP', { node: node({ listening: listens(10_256, 'x', 'UDP') }) }, []],

  // Ranges.
  [
    'a Node inside of the cluster CIDR',
    { cluster: cluster({ nodes: found([nodeObject({ addresses: ['10.244.9.1'] })]) }) },
    [['blocker', 'cluster CIDR', 'Node n1 has 10.244.9.1, which is in it']],
  ],
  [
    'pods outside of the cluster CIDR',
    { cluster: cluster({ nodes: found([nodeObject({ podCIDRs: ['10.200.0.0/24', 'fd00:1::/64'] })]) }) },
    [['warning', 'cluster CIDR', 'does not hold 10.200.0.0/24, the pods of a Node']],
  ],
  [
    'Services inside of the cluster CIDR',
    { cluster: cluster({ dnsService: found(['10.244.0.10']) }) },
    [['blocker', 'cluster CIDR', 'clusterIP 10.244.0.10 is in it']],
  ],
  [
    "a relay's address on an interface",
    { node: node({ links: [{ name: 'dummy0', addresses: ['169.254.20.11'] }] }) },
    [['warning', 'relay address', '169.254.20.11 is on dummy0']],
  ],

  // DNS.
  [
    'no DNS Service',
    { cluster: cluster({ dnsService: ABSENT }) },
    [['blocker', 'DNS Service', 'kube-system/kube-dns does not exist']],
  ],
  [
    'a headless DNS Service',
    { cluster: cluster({ dnsService: found([]) }) },
    [['blocker', 'DNS Service', 'kube-system/kube-dns has no clusterIP']],
  ],
  [
    'pods ask NodeLocal DNSCache',
    {
      node: node({
        kubelet: found({ file: 'k', clusterDNS: ['169.254.20.10'], clusterDomain: '' }),
        links: [{ name: 'nodelocaldns', addresses: ['169.254.20.10'] }],
      }),
    },
    [
      ['warning', 'NodeLocal DNSCache', 'answers on this node: 169.254.20.10'],
      ['blocker', "kubelet's DNS", 'pods ask 169.254.20.10, where Fairlead would not answer'],
    ],
  ],
  [
    'the same with --dns-node-local',
    {
      node: node({ kubelet: found({ file: 'k', clusterDNS: ['169.254.20.10'], clusterDomain: '' }) }),
      flags: '--dns-node-local 169.254.20.10',
    },
    [],
  ],
  [
    'pods ask another Service',
    {
      node: node({ kubelet: found({ file: 'k', clusterDNS: ['10.96.0.99'], clusterDomain: '' }) }),
      cluster: cluster(),
    },
    [['blocker', "kubelet's DNS", 'pods ask 10.96.0.99, which the DNS Service does not have']],
  ],
  [
    'another domain',
    {
      node: node({ kubelet: found({ file: 'k', clusterDNS: ['10.96.0.10'], clusterDomain: 'corp.local.' }) }),
    },
    [
      [
        'blocker',
        "kubelet's DNS",
        'clusterDomain is corp.local. in k, and Fairlead would answer cluster.local',
      ],
    ],
  ],
  [
    'no kubelet',
    { node: node({ kubelet: ABSENT }) },
    [['warning', "kubelet's DNS", 'is not known: it has no file of settings here']],
  ],

  // The API server.
  [
    'an old API server',
    { cluster: cluster({ version: 'v1.25.0' }) },
    [['warning', 'API server', 'https://192.168.0.10:6443 answers: Kubernetes v1.25.0']],
  ],
  [
    'an API server that is asked by way of the rules that the agent is to write',
    { cluster: cluster({ server: 'https://10.96.0.1:443' }) },
    [['warning', 'API server', '10.96.0.1 is the clusterIP of Service default/kubernetes']],
  ],
  [
    'which is right where others write them',
    { cluster: cluster({ server: 'https://10.96.0.1:443' }), flags: '--proxy off' },
    [],
  ],
  [
    'a Node of another name',
    { cluster: cluster(), flags: '--node-name n9' },
    [['warning', 'nodes', 'none is called n9']],
  ],
  [
    'a Windows node',
    {
      cluster: cluster({
        nodes: found([nodeObject(), nodeObject({ name: 'w', platform: 'windows/amd64' })]),
      }),
    },
    [['warning', 'nodes', 'w is windows/amd64']],
  ],
  [
    'no right to watch',
    {
      cluster: cluster({
        access: [
          {
            access: { group: 'discovery.k8s.io', resource: 'endpointslices', verbs: ['list', 'watch'] },
            denied: ['watch'],
            unasked: '',
          },
        ],
      }),
    },
    [['blocker', 'RBAC', 'these credentials may not watch endpointslices.discovery.k8s.io']],
  ],

  // What would change.
  [
    'a KubeProxyConfiguration as it would be',
    { cluster: kubeProxyFile('clusterCIDR: 10.244.0.0/16\nhostnameOverride: n7\nmode: ""') },
    [],
  ],
  [
    'a KubeProxyConfiguration with something else',
    { cluster: kubeProxyFile('nodePortAddresses: [192.168.0.0/16]\nenableProfiling: true') },
    [
      [
        'warning',
        'KubeProxyConfiguration',
        'kube-system/kube-proxy/config.conf:4: enableProfiling has no effect here: no profiles are served',
      ],
      [
        'warning',
        'KubeProxyConfiguration',
        'kube-system/kube-proxy/config.conf:3: nodePortAddresses is ["192.168.0.0/16"] there, and would be []',
      ],
    ],
  ],
  [
    'a KubeProxyConfiguration that is spoilt',
    { cluster: kubeProxyFile('clusterCIDR: [') },
    [
      [
        'blocker',
        'KubeProxyConfiguration',
        expect.stringMatching(/^kube-system\/kube-proxy\/config\.conf:\d+: /) as string,
      ],
    ],
  ],
  [
    'a Corefile with a plugin that we do not offer',
    {
      cluster: cluster({
        configMaps: configMaps({
          coredns: {
            Corefile: '.:53 {\n  kubernetes cluster.local\n  dnstap tcp://a\n  forward . 1.1.1.1\n}\n',
          },
        }),
      }),
    },
    [['warning', 'Corefile', 'kube-system/coredns/Corefile:3: plugin dnstap is not offered']],
  ],
  [
    'a Corefile that is spoilt',
    { cluster: cluster({ configMaps: configMaps({ coredns: { Corefile: '.:53 {\n' } }) }) },
    [['warning', 'Corefile', expect.stringMatching(/^kube-system\/coredns\/Corefile/) as string]],
  ],
  [
    "stub domains of kube-dns's ConfigMap that are no JSON",
    { cluster: cluster({ configMaps: configMaps({ kubeDns: { stubDomains: '{' } }) }) },
    [
      [
        'warning',
        "kube-dns's ConfigMap",
        expect.stringMatching(/^kube-system\/kube-dns\/stubDomains/) as string,
      ],
    ],
  ],
];

test.each(TABLE)('%s', async (_, given, expected) => {
  const findings = await inspect(await factsOf(given));
  const told = findings.filter(({ level }) => level !== 'ok');
  expect(told.map(({ level, check, found: text }) => [level, check, text])).toEqual(expected);
  // Whoever is stopped must be told what to do.
  expect(told.filter(({ level, hint }) => level === 'blocker' && hint === '')).toEqual([]);
});

test('an API server that cannot be reached is one blocker', async () => {
  const facts = await factsOf({ node: node() });
  const findings = await inspect({ ...facts, cluster: unknown('cannot reach it: connection refused') });
  expect(findings.filter(({ level }) => level !== 'ok')).toEqual([
    {
      level: 'blocker',
      check: 'API server',
      found: 'cannot reach it: connection refused',
      hint: 'the agent needs it: see --kubeconfig',
    },
  ]);
});

test.each([
  ['v1.27.16', 'warning'],
  ['v1.28.0', 'ok'],
  ['v1.36.2-eks-1234', 'ok'],
  ['v1.37.0', 'warning'],
])('an API server of %s: %s', async (version, level) => {
  const findings = await inspect(await factsOf({ cluster: cluster({ version }) }));
  const told = findings.filter(({ found: text }) => text.endsWith(`answers: Kubernetes ${version}`));
  expect(told.map((finding) => finding.level)).toEqual([level]);
});
