import { expect, test } from 'vitest';
import { parseOptions } from '../../src/commands/line/options.ts';
import { flagOptions, spellSwitches } from '../../src/config/flags.ts';
import { asWritten } from '../../src/config/inForce.ts';
import { type ConfigHost, loadSettings } from '../../src/config/load.ts';
import type { SettingKey, Settings } from '../../src/config/settings.ts';
import { TABLE } from '../../src/config/tables/table.ts';

function host(files: Readonly<Record<string, string>> = {}): ConfigHost {
  return {
    env: { NODE_NAME: 'worker-1' },
    hostname: () => 'Host-Name',
    readText: async (path) => {
      const text = files[path];
      if (text === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`);
      return text;
    },
  };
}

async function load(args: readonly string[], files?: Readonly<Record<string, string>>) {
  const options = { ...flagOptions(), config: { type: 'string' } } as const;
  return loadSettings(parseOptions(spellSwitches(args), options).values, host(files));
}

/** Every value as a person would write it: sockets and prefixes as text. */
function plain(value: Settings[SettingKey]): unknown {
  return JSON.parse(
    JSON.stringify(value ?? null, (key, inner: unknown) => {
      if (key === 'bytes' || key === 'bits' || key === 'family') return undefined;
      return inner;
    }),
  ) as unknown;
}

test('without flags every setting has its default', async () => {
  const { settings } = await load([]);
  expect(Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, plain(value)]))).toEqual({
    nodeName: 'worker-1',
    kubeconfig: '',
    manifests: '',
    sourceTimeout: 30_000,
    startupTaint: '',
    clusterDomain: 'cluster.local',
    mode: 'iptables',
    proxy: true,
    clusterCIDR: [],
    detectLocalMode: 'ClusterCIDR',
    podBridgeInterface: '',
    podInterfaceNamePrefix: '',
    countConnections: false,
    masqueradeAll: false,
    masqueradeBit: 14,
    nodePortAddresses: [],
    localhostNodePorts: true,
    iptablesBackend: 'auto',
    relayMaxConnections: 50_000,
    relayDrain: 3_600_000,
    relayStopDrain: 3000,
    udpIdleTimeout: 120_000,
    conntrackMaxPerCore: 32_768,
    conntrackMin: 131_072,
    conntrackTCPEstablishedTimeout: 86_400,
    conntrackTCPCloseWaitTimeout: 3600,
    conntrackTCPBeLiberal: false,
    conntrackUDPTimeout: 0,
    conntrackUDPStreamTimeout: 0,
    dns: true,
    dnsService: 'kube-system/kube-dns',
    dnsListen: [],
    dnsConfig: '',
    dnsConfigMaps: [],
    dnsForward: 'resolv.conf',
    dnsStubDomains: [],
    dnsForwardPolicy: 'random',
    dnsForwardMaxConcurrent: 1000,
    dnsCacheSize: 8 << 20,
    dnsCacheMaxTTL: 30,
    dnsCacheMinTTL: 0,
    dnsCacheMaxDenialTTL: 30,
    dnsCacheMinDenialTTL: 0,
    dnsCacheServfailTTL: 1,
    dnsServeStale: 3600,
    dnsPrefetch: 3,
    dnsQueryLog: { classes: [], every: 1, domains: [''] },
    dnsThreads: 'auto',
    dnsJoinReplies: 'auto',
    dnsTTL: 30,
    dnsNegativeTTL: 5,
    dnsWaitForRules: 100,
    dnsSearchPath: false,
    dnsNodeLocal: [],
    dnsHealthBindAddress: null,
    dnsReadyBindAddress: null,
    dnsClientRate: 0,
    dnsClientRateSlip: 1,
    dnsClientRateExempt: [],
    pods: 'insecure',
    healthzBindAddress: { address: '0.0.0.0', port: 10256 },
    metricsBindAddress: { address: '127.0.0.1', port: 10249 },
    dnsMetricsBindAddress: { address: '0.0.0.0', port: 9153 },
    stateDir: '/var/lib/fairlead',
    runDir: '/run/fairlead',
    takeOver: false,
    once: false,
    logLevel: 'info',
    logFormat: 'auto',
  });
});

const ACCEPTED: readonly (readonly [key: SettingKey, args: string, value: unknown])[] = [
  ['kubeconfig', '--kubeconfig /etc/kube.conf', '/etc/kube.conf'],
  ['manifests', '--manifests ./objects', './objects'],
  ['nodeName', '--node-name n2', 'n2'],
  ['nodeName', '--hostname-override N2.Example', 'n2.example'],
  ['sourceTimeout', '--source-timeout 2m', 120_000],
  ['startupTaint', '--startup-taint example.com/not-yet', 'example.com/not-yet'],
  ['startupTaint', '--startup-taint not_Yet.1', 'not_Yet.1'],
  ['clusterDomain', '--cluster-domain Corp.Example.', 'corp.example'],
  ['mode', '--mode userspace', 'userspace'],
  ['mode', '--proxy-mode iptables', 'iptables'],
  ['proxy', '--proxy off', false],
  [
    'clusterCIDR',
    '--cluster-cidr 10.244.1.0/16,fd00:10:244::/56',
    [{ text: '10.244.0.0/16' }, { text: 'fd00:10:244::/56' }],
  ],
  [
    'clusterCIDR',
    '--cluster-cidr 10.244.0.0/16 --cluster-cidr fd00::/56',
    [{ text: '10.244.0.0/16' }, { text: 'fd00::/56' }],
  ],
  ['countConnections', '--count-connections', true],
  ['masqueradeAll', '--masquerade-all', true],
  ['masqueradeAll', '--masquerade-all=true', true],
  ['masqueradeAll', '--masquerade-all=false', false],
  ['masqueradeAll', '--no-masquerade-all', false],
  ['masqueradeBit', '--masquerade-bit 0', 0],
  ['masqueradeBit', '--iptables-masquerade-bit 31', 31],
  ['nodePortAddresses', '--nodeport-addresses 192.168.0.0/16', [{ text: '192.168.0.0/16' }]],
  ['nodePortAddresses', '--nodeport-addresses primary', 'primary'],
  ['detectLocalMode', '--detect-local-mode NodeCIDR', 'NodeCIDR'],
  ['podBridgeInterface', '--detect-local-mode BridgeInterface --pod-bridge-interface cni0', 'cni0'],
  [
    'podInterfaceNamePrefix',
    '--detect-local-mode InterfaceNamePrefix --pod-interface-name-prefix veth',
    'veth',
  ],
  ['relayMaxConnections', '--relay-max-connections 1000', 1000],
  ['relayDrain', '--relay-drain 1h30m', 5_400_000],
  ['relayDrain', '--relay-drain 0', 0],
  ['relayStopDrain', '--relay-stop-drain 25s', 25_000],
  ['udpIdleTimeout', '--udp-timeout 250ms', 250],
  ['udpIdleTimeout', '--udp-timeout 0.1s', 100],
  ['conntrackMaxPerCore', '--conntrack-max-per-core 0', 0],
  ['conntrackMin', '--conntrack-min 65536', 65_536],
  ['conntrackTCPEstablishedTimeout', '--conntrack-tcp-timeout-established 24h0m0s', 86_400],
  ['conntrackTCPCloseWaitTimeout', '--conntrack-tcp-timeout-close-wait 1h30m', 5400],
  ['conntrackTCPBeLiberal', '--conntrack-tcp-be-liberal=true', true],
  ['conntrackUDPTimeout', '--conntrack-udp-timeout 1.5m', 90],
  ['conntrackUDPStreamTimeout', '--conntrack-udp-timeout-stream 2500ms', 2],
  ['conntrackUDPTimeout', '--conntrack-udp-timeout 0', 0],
  ['localhostNodePorts', '--iptables-localhost-nodeports=false', false],
  ['localhostNodePorts', '--no-localhost-nodeports', false],
  ['iptablesBackend', '--iptables-backend legacy', 'legacy'],
  ['dns', '--dns=off', false],
  ['dnsService', '--dns-service infra/names', 'infra/names'],
  [
    'dnsListen',
    '--dns-listen 10.0.0.1 --dns-listen [fd00::1]:53',
    [
      { address: '10.0.0.1', port: 10053 },
      { address: 'fd00::1', port: 53 },
    ],
  ],
  [
    'dnsForward',
    '--dns-forward 1.1.1.1 --dns-forward [2606:4700::1111]:5353',
    [
      { address: '1.1.1.1', port: 53 },
      { address: '2606:4700::1111', port: 5353 },
    ],
  ],
  ['dnsForward', '--dns-forward 2606:4700::1111', [{ address: '2606:4700::1111', port: 53 }]],
  [
    'dnsForward',
    '--dns-forward tls://1.1.1.1#one.example --dns-forward 1.0.0.1',
    [
      { address: '1.1.1.1', port: 853, tls: { serverName: 'one.example', caFile: '' } },
      { address: '1.0.0.1', port: 53 },
    ],
  ],
  ['dnsForward', '--dns-forward none', []],
  ['dnsConfig', '--dns-config /etc/coredns', '/etc/coredns'],
  [
    'dnsConfigMaps',
    '--dns-config-map kube-system/coredns,kube-system/coredns-custom',
    ['kube-system/coredns', 'kube-system/coredns-custom'],
  ],
  [
    'dnsStubDomains',
    '--dns-stub-domain Corp.Example.=10.0.0.1,10.0.0.2:5353 --dns-stub-domain lab=[fd00::1]:53',
    [
      {
        domain: 'corp.example',
        servers: [
          { address: '10.0.0.1', port: 53 },
          { address: '10.0.0.2', port: 5353 },
        ],
      },
      { domain: 'lab', servers: [{ address: 'fd00::1', port: 53 }] },
    ],
  ],
  ['dnsForwardPolicy', '--dns-forward-policy round_robin', 'round_robin'],
  ['dnsForwardMaxConcurrent', '--dns-forward-max-concurrent 50', 50],
  ['dnsCacheSize', '--dns-cache-size 64Mi', 64 << 20],
  ['dnsCacheSize', '--dns-cache-size 0', 0],
  ['dnsCacheMaxTTL', '--dns-cache-max-ttl 3600', 3600],
  ['dnsCacheMinTTL', '--dns-cache-min-ttl 5', 5],
  ['dnsCacheMaxDenialTTL', '--dns-cache-max-denial-ttl 0', 0],
  ['dnsCacheMinDenialTTL', '--dns-cache-min-denial-ttl 5', 5],
  ['dnsCacheServfailTTL', '--dns-cache-servfail-ttl 5', 5],
  ['dnsPrefetch', '--dns-prefetch 10', 10],
  ['dnsServeStale', '--dns-serve-stale 24h', 86_400],
  ['dnsQueryLog', '--dns-query-log errors', { classes: ['error'], every: 1, domains: [''] }],
  [
    'dnsQueryLog',
    '--dns-query-log 1/100',
    { classes: ['success', 'denial', 'error'], every: 100, domains: [''] },
  ],
  ['dnsThreads', '--dns-threads 2', 2],
  ['dnsThreads', '--dns-threads auto', 'auto'],
  ['dnsJoinReplies', '--dns-join-replies off', 'off'],
  ['dnsTTL', '--dns-ttl 60', 60],
  ['dnsNegativeTTL', '--dns-negative-ttl 0', 0],
  ['dnsWaitForRules', '--dns-wait-for-rules 0', 0],
  ['dnsSearchPath', '--dns-search-path on', true],
  ['dnsNodeLocal', '--dns-node-local 169.254.20.10,FD00::10', ['169.254.20.10', 'fd00::10']],
  ['dnsHealthBindAddress', '--dns-health-bind-address 0.0.0.0', { address: '0.0.0.0', port: 8080 }],
  ['dnsReadyBindAddress', '--dns-ready-bind-address 0.0.0.0', { address: '0.0.0.0', port: 8181 }],
  ['dnsClientRate', '--dns-client-rate 500', 500],
  ['dnsClientRateSlip', '--dns-client-rate-slip 0', 0],
  ['dnsClientRateExempt', '--dns-client-rate-exempt 10.0.0.0/8', [{ text: '10.0.0.0/8' }]],
  ['pods', '--pods verified', 'verified'],
  ['healthzBindAddress', '--healthz-bind-address 127.0.0.1', { address: '127.0.0.1', port: 10256 }],
  ['healthzBindAddress', '--healthz-bind-address=', null],
  ['metricsBindAddress', '--metrics-bind-address [::]:0', { address: '::', port: 0 }],
  ['dnsMetricsBindAddress', '--dns-metrics-bind-address ::1', { address: '::1', port: 9153 }],
  ['stateDir', '--state-dir /tmp/state', '/tmp/state'],
  ['runDir', '--run-dir /tmp/run', '/tmp/run'],
  ['takeOver', '--take-over on', true],
  ['once', '--once', true],
  ['logLevel', '--log-level debug', 'debug'],
  ['logFormat', '--log-format text', 'text'],
];

test.each(ACCEPTED)('%s is read from %s', async (key, args, value) => {
  const { settings } = await load(args.split(' '));
  expect(plain(settings[key])).toEqual(value);
});

test.each(ACCEPTED)('%s as `config show` tells it can be given again: %s', async (key, args) => {
  const { settings } = await load(args.split(' '));
  const told: unknown = JSON.parse(JSON.stringify(asWritten(key, settings[key])));
  expect(TABLE[key].reader.read(told)).toEqual(settings[key]);
});

test('the table above tries every flag and every alias', () => {
  const tried = new Set(ACCEPTED.flatMap(([, args]) => args.match(/--[a-z-]+/g) ?? []));
  const flags = Object.values(TABLE).flatMap(({ flag, aliases = [] }) => [flag, ...aliases]);
  expect(flags.filter((flag) => !tried.has(`--${flag}`) && !tried.has(`--no-${flag}`))).toEqual([]);
});

const REFUSED: readonly (readonly [args: string, message: string])[] = [
  ['--masquerade-bit 40', '--masquerade-bit: "40" is no whole number from 0 to 31'],
  ['--iptables-masquerade-bit 1e1', '--iptables-masquerade-bit: "1e1" is no whole number from 0 to 31'],
  ['--mode ipvs', '--mode: "ipvs" is no iptables or userspace'],
  ['--proxy maybe', '--proxy: "maybe" is no on or off'],
  [
    '--cluster-cidr 10.0.0.0/33',
    '--cluster-cidr: ["10.0.0.0/33"] is no range such as 10.244.0.0/16, one for each family at most',
  ],
  [
    '--cluster-cidr 10.0.0.0/8,11.0.0.0/8',
    '--cluster-cidr: ["10.0.0.0/8,11.0.0.0/8"] is no range such as 10.244.0.0/16, one for each family at most',
  ],
  [
    '--nodeport-addresses primary,10.0.0.0/8',
    '--nodeport-addresses: ["primary,10.0.0.0/8"] is no list of ranges such as 192.168.0.0/16, and not primary alone either',
  ],
  [
    '--detect-local-mode nodecidr',
    '--detect-local-mode: "nodecidr" is no ClusterCIDR, NodeCIDR, BridgeInterface or InterfaceNamePrefix',
  ],
  ['--detect-local-mode BridgeInterface', '--detect-local-mode BridgeInterface needs --pod-bridge-interface'],
  [
    '--detect-local-mode InterfaceNamePrefix',
    '--detect-local-mode InterfaceNamePrefix needs --pod-interface-name-prefix',
  ],
  [
    '--pod-bridge-interface sixteen-letters-',
    '--pod-bridge-interface: "sixteen-letters-" is no name of an interface, 15 characters at most',
  ],
  [
    '--pod-interface-name-prefix veth+',
    '--pod-interface-name-prefix: "veth+" is no name of an interface, 14 characters at most',
  ],
  ['--relay-max-connections 0', '--relay-max-connections: "0" is no whole number from 1 to 1000000'],
  ['--udp-timeout 0', '--udp-timeout: "0" is no duration from 1 ms to 86400 s, such as 250ms or 1h30m'],
  [
    '--relay-stop-drain 1h',
    '--relay-stop-drain: "1h" is no duration from 0 ms to 600 s, such as 250ms or 1h30m',
  ],
  ['--conntrack-udp-timeout 5', '--conntrack-udp-timeout: "5" is no duration such as 24h or 1h30m'],
  ['--conntrack-udp-timeout -5s', '--conntrack-udp-timeout needs a value'],
  ['--node-name a_b', '--node-name: "a_b" is no name of a Node'],
  ['--cluster-domain a..b', '--cluster-domain: "a..b" is no domain name'],
  ['--dns-service kube-dns', '--dns-service: "kube-dns" is no NAMESPACE/NAME'],
  ['--dns-listen localhost:53', '--dns-listen: ["localhost:53"] is no list of ADDRESS[:PORT]'],
  [
    '--dns-forward 1.1.1.1:70000',
    '--dns-forward: ["1.1.1.1:70000"] is no list of ADDRESS[:PORT] or tls://ADDRESS[:PORT][#NAME], and not none either',
  ],
  [
    '--dns-stub-domain corp.example',
    '--dns-stub-domain: ["corp.example"] is no list of DOMAIN=ADDRESS[:PORT], each domain once',
  ],
  [
    '--dns-stub-domain a.example=1.1.1.1 --dns-stub-domain A.example.=1.1.1.2',
    '--dns-stub-domain: ["a.example=1.1.1.1","A.example.=1.1.1.2"] is no list of DOMAIN=ADDRESS[:PORT], each domain once',
  ],
  ['--startup-taint a/b/c', '--startup-taint: "a/b/c" is no key of a taint'],
  ['--startup-taint key=value:NoSchedule', '--startup-taint: "key=value:NoSchedule" is no key of a taint'],
  ['--dns-config-map coredns', '--dns-config-map: ["coredns"] is no list of NAMESPACE/NAME'],
  ['--dns-cache-size 8M', '--dns-cache-size: "8M" is no number of octets such as 8Mi'],
  ['--dns-cache-servfail-ttl 6', '--dns-cache-servfail-ttl: "6" is no whole number from 0 to 5'],
  ['--dns-query-log 1/0', '--dns-query-log: "1/0" is no off, errors, all, or 1/N for one query in N'],
  ['--healthz-bind-address 1.2.3:1', '--healthz-bind-address: "1.2.3:1" is no ADDRESS[:PORT]'],
  ['--log-level loud', '--log-level: "loud" is no debug, info, warn or error'],
  ['--mode iptables --proxy-mode iptables', '--mode and --proxy-mode are the same setting: give one'],
  ['--nodename a', 'unknown flag --nodename; did you mean --node-name?'],
  ['--xyzzy', 'unknown flag --xyzzy'],
  ['--node-name', '--node-name needs a value'],
  ['--once=1', '--once takes no value'],
  ['extra', 'unexpected argument "extra"'],
  ['--config /absent', "--config: ENOENT: no such file or directory, open '/absent'"],
];

test.each(REFUSED)('%s is refused in one line', async (args, message) => {
  await expect(load(args.split(' '))).rejects.toMatchObject({ name: 'UsageError', message });
});

test('flags win over the file, the file over defaults', async () => {
  const file = `
apiVersion: fairlead.dev/v1alpha1
kind: FairleadConfiguration
masqueradeBit: 7
clusterDomain: file.example
dnsForward: none
clusterCIDR: [10.244.0.0/16, fd00::/56]
dns: off
`;
  const { settings } = await load(['--config', 'a.yaml', '--masquerade-bit', '9'], { 'a.yaml': file });
  expect(settings).toMatchObject({
    masqueradeBit: 9,
    clusterDomain: 'file.example',
    dnsForward: [],
    clusterCIDR: [{ text: '10.244.0.0/16' }, { text: 'fd00::/56' }],
    dns: false,
    dnsThreads: 'auto',
    dnsTTL: 30,
  });
});

test('stub domains in a file may be a mapping', async () => {
  const file = `
apiVersion: fairlead.dev/v1alpha1
kind: FairleadConfiguration
dnsStubDomains:
  corp.example: [10.0.0.1, '10.0.0.2:5353']
dnsQueryLog: off
`;
  const { settings } = await load(['--config', 'a.yaml'], { 'a.yaml': file });
  expect(settings.dnsStubDomains).toEqual([
    {
      domain: 'corp.example',
      servers: [
        { address: '10.0.0.1', port: 53 },
        { address: '10.0.0.2', port: 5353 },
      ],
    },
  ]);
  expect(settings.dnsQueryLog.classes).toEqual([]);
});

test('the node is named by the host when nothing else names it, in lower case', async () => {
  const { settings } = await loadSettings({}, { ...host(), env: {} });
  expect(settings.nodeName).toBe('host-name');
});

test('two sources: the kubeconfig is used, and that is said', async () => {
  const { notes } = await load(['--kubeconfig', 'a', '--manifests', 'b']);
  expect(notes).toEqual(['--manifests has no effect beside --kubeconfig']);
});

const WITH_LINES = `apiVersion: fairlead.dev/v1alpha1
kind: FairleadConfiguration
mode: userspace

clusterCIDR:
  - 10.0.0.0/33
`;

test('a wrong value in a file is told with its line and key', async () => {
  await expect(load(['--config', 'a.yaml'], { 'a.yaml': WITH_LINES })).rejects.toMatchObject({
    name: 'UsageError',
    message:
      'a.yaml:5: clusterCIDR: ["10.0.0.0/33"] is no range such as 10.244.0.0/16, one for each family at most',
  });
});

test('each value knows where it comes from', async () => {
  const files = { 'a.yaml': WITH_LINES };
  const { origins } = await load(['--config', 'a.yaml', '--cluster-cidr', '10.0.0.0/8'], files);
  expect(origins.get('mode')).toEqual({ kind: 'file', file: 'a.yaml', line: 3, field: 'mode' });
  expect(origins.get('clusterCIDR')).toEqual({ kind: 'flag', name: 'cluster-cidr' });
  expect(origins.get('nodeName')).toEqual({ kind: 'environment', name: 'NODE_NAME' });
  expect(origins.get('dns')).toEqual({ kind: 'default' });
});

test('a wrong value in the environment is told by the name of the variable', async () => {
  await expect(loadSettings({}, { ...host(), env: { NODE_NAME: 'a_b' } })).rejects.toMatchObject({
    message: '$NODE_NAME: "a_b" is no name of a Node',
  });
});
