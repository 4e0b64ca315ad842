/** All that an operator can set, parsed. Keys are those of the configuration file; `tables/` tells the rest. */
import type { DnsSettings, ForwardPolicy, Joining, QueryLog } from '../dns/settings.ts';
import type { Cidr } from '../net/cidr.ts';
import type { DnsServer } from '../net/dnsServer.ts';
import type { SocketAddress } from '../net/socketAddress.ts';
import type { Mode } from '../proxy/backend.ts';
import type { DetectLocal, NodePortRanges, ProxySettings } from '../proxy/settings.ts';

export interface Settings
  extends RoutingSettings,
    RelaySettings,
    ConntrackSettings,
    NodeNamesSettings,
    ClientSettings,
    ForwardingSettings,
    DnsConfigSettings {
  readonly nodeName: string;
  /** Key; empty for none. */
  readonly startupTaint: string;
  /** Path; empty when another source is used. */
  readonly kubeconfig: string;
  /** Path of a file or folder; empty when another source is used. */
  readonly manifests: string;
  /** Milliseconds. */
  readonly sourceTimeout: number;
  readonly clusterDomain: string;

  readonly dns: boolean;
  readonly dnsService: string;
  /** Empty: port 10053 of the node's addresses. */
  readonly dnsListen: readonly SocketAddress[];
  readonly dnsThreads: number | 'auto';
  readonly dnsJoinReplies: Joining;
  readonly dnsTTL: number;
  readonly dnsNegativeTTL: number;
  readonly pods: DnsSettings['pods'];

  /** `undefined`: not served. */
  readonly healthzBindAddress: SocketAddress | undefined;
  readonly metricsBindAddress: SocketAddress | undefined;
  readonly dnsMetricsBindAddress: SocketAddress | undefined;
  readonly stateDir: string;
  readonly runDir: string;
  readonly takeOver: boolean;
  readonly once: boolean;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

export interface RoutingSettings {
  readonly mode: Mode;
  readonly proxy: boolean;
  readonly clusterCIDR: readonly Cidr[];
  readonly detectLocalMode: DetectLocal['mode'];
  /** Empty, like the next one, unless the mode above needs it. */
  readonly podBridgeInterface: string;
  readonly podInterfaceNamePrefix: string;
  readonly countConnections: boolean;
  readonly masqueradeAll: boolean;
  readonly masqueradeBit: number;
  readonly nodePortAddresses: NodePortRanges;
  readonly localhostNodePorts: boolean;
  readonly iptablesBackend: ProxySettings['iptablesBackend'];
}

/** What userspace mode carries. Times are milliseconds. */
export interface RelaySettings {
  readonly relayMaxConnections: number;
  readonly relayDrain: number;
  readonly relayStopDrain: number;
  readonly udpIdleTimeout: number;
}

export interface NodeNamesSettings {
  /** Milliseconds; 0 does not wait. */
  readonly dnsWaitForRules: number;
  readonly dnsSearchPath: boolean;
  /** Canonical. */
  readonly dnsNodeLocal: readonly string[];
  /** `undefined`: not served. */
  readonly dnsHealthBindAddress: SocketAddress | undefined;
  readonly dnsReadyBindAddress: SocketAddress | undefined;
}

export interface ClientSettings {
  /** Queries a second; 0 sets no limit. */
  readonly dnsClientRate: number;
  readonly dnsClientRateSlip: number;
  readonly dnsClientRateExempt: readonly Cidr[];
}

/** Limits of connection tracking. Times are seconds; 0, and `false`, leave the kernel's own. */
export interface ConntrackSettings {
  readonly conntrackMaxPerCore: number;
  readonly conntrackMin: number;
  readonly conntrackTCPEstablishedTimeout: number;
  readonly conntrackTCPCloseWaitTimeout: number;
  readonly conntrackTCPBeLiberal: boolean;
  readonly conntrackUDPTimeout: number;
  readonly conntrackUDPStreamTimeout: number;
}

/** Names that are not the cluster's. Times are seconds. */
export interface ForwardingSettings {
  /** `resolv.conf`: the servers that /etc/resolv.conf names. Empty refuses other names. */
  readonly dnsForward: 'resolv.conf' | readonly DnsServer[];
  readonly dnsStubDomains: readonly StubDomain[];
  readonly dnsForwardPolicy: ForwardPolicy;
  readonly dnsForwardMaxConcurrent: number;
  /** Octets. */
  readonly dnsCacheSize: number;
  readonly dnsCacheMaxTTL: number;
  readonly dnsCacheMinTTL: number;
  readonly dnsCacheMaxDenialTTL: number;
  readonly dnsCacheMinDenialTTL: number;
  readonly dnsCacheServfailTTL: number;
  readonly dnsServeStale: number;
  /** Questions; 0 is off. */
  readonly dnsPrefetch: number;
  readonly dnsQueryLog: QueryLog;
}

export interface DnsConfigSettings {
  /** Path of a file or folder; empty for none. */
  readonly dnsConfig: string;
  /** `namespace/name` of each. */
  readonly dnsConfigMaps: readonly string[];
}

export interface StubDomain {
  readonly domain: string;
  readonly servers: readonly DnsServer[];
}

export type SettingKey = keyof Settings;

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['auto', 'text', 'json'] as const;
/** `auto`: text on a terminal, else json. */
export type LogFormat = (typeof LOG_FORMATS)[number];
