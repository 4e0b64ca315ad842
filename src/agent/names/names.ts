/** The DNS half, put together from the settings. */
import type { DnsConfiguration } from '../../config/dnsConfiguration.ts';
import type { Settings } from '../../config/settings.ts';
import { type CountedDnsService, createDnsService } from '../../dns/createDnsService.ts';
import { createForwarder } from '../../dns/forward/createForwarder.ts';
import { createNodeDns, type NodeDns } from '../../dns/node/createNodeDns.ts';
import type { NodePrograms } from '../../dns/node/tables.ts';
import { RuleBook } from '../../dns/rules/ruleBook.ts';
import type { ClientLimitSettings } from '../../dns/server/limits/clientLimit.ts';
import type { DnsSettings } from '../../dns/settings.ts';
import type { Clock } from '../../host/clock.ts';
import type { Exec } from '../../host/exec.ts';
import type { InheritedSockets } from '../../host/inheritedSockets.ts';
import type { Connection } from '../../kube/transport/connection.ts';
import type { SocketAddress } from '../../net/socketAddress.ts';
import type { RuleWatch } from '../../netfilter/ruleWatch.ts';
import type { Log } from '../../telemetry/log.ts';
import type { DnsConfigState } from './config/configurator.ts';
import { openDnsConfig } from './config/openDnsConfig.ts';
import { nodeSearch } from './nodeSearch.ts';
import { upstreamSources } from './upstreamSources.ts';

export interface NamesHost {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** To the API server; absent with manifests. */
  readonly connection: Connection | undefined;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly log: Log;
  /** Of each family that works; without any, the DNS Service's addresses are left to its rules. */
  readonly programs: readonly NodePrograms[];
  readonly watch: Pick<RuleWatch, 'add'>;
  /** Of an agent that was here before. */
  readonly inherited: InheritedSockets;
}

export interface OpenedNames {
  readonly dns: CountedDnsService;
  readonly node: NodeDns;
  /** The followed configuration; `undefined` where only the settings say what to do. */
  readonly config: () => DnsConfigState | undefined;
  /** Told of every change to the forwarder's problems from now on, and at once. */
  onProblems(listener: () => void): void;
  retire(): Promise<void>;
  close(): Promise<void>;
}

export async function openNames(settings: Settings, host: NamesHost): Promise<OpenedNames> {
  const { clock, log } = host;
  // The server does not exist yet, and needs what is made with these.
  let listening: () => readonly SocketAddress[] = () => [];
  let ofCluster: (name: string) => readonly string[] | undefined = () => undefined;
  const sources = upstreamSources(
    () => listening(),
    (name) => ofCluster(name),
  );
  let tellProblems = (): void => undefined;
  const forwarder = createForwarder({ host: sources, clock, log, onProblems: () => tellProblems() });
  const clientLimit = clientLimitOf(settings);
  const rules = new RuleBook();
  const search = settings.dnsSearchPath ? await nodeSearch(log) : undefined;
  const dns = createDnsService({
    settings: dnsSettings(settings, search),
    forwarder,
    clientLimit,
    rules,
    threads: settings.dnsThreads,
    joining: settings.dnsJoinReplies,
    inherited: host.inherited,
    clock,
    log,
  });
  const nodeLocal = settings.dnsNodeLocal.map((address) => ({ address, port: 53 }));
  ofCluster = (name) => dns.addressesOf(name);
  listening = () => [...settings.dnsListen, ...nodeLocal, ...dns.state().listening];
  const configurator = await openDnsConfig(settings, host, (configuration) =>
    apply(configuration, dns, rules),
  );
  const node = createNodeDns({ ...host, listener: dns });
  return {
    dns,
    node,
    config: () => configurator?.state(),
    onProblems(listener) {
      tellProblems = listener;
      listener();
    },
    retire: () => dns.retire(),
    async close() {
      await configurator?.stop();
      await dns.drain();
      await dns.close();
      await forwarder.close();
    },
  };
}

/** Servers first: a rule may lead to names that nobody could be asked for before. */
async function apply(
  { forwarding, zone, rules }: DnsConfiguration,
  dns: CountedDnsService,
  book: RuleBook,
): Promise<void> {
  await dns.configure(forwarding);
  dns.configureZone(zone);
  book.replace(rules);
}

function dnsSettings(settings: Settings, search: readonly string[] | undefined): DnsSettings {
  const { clusterDomain, dnsService, dnsTTL: ttl, dnsNegativeTTL: negativeTtl, pods } = settings;
  return { clusterDomain, dnsService, ttl, negativeTtl, pods, search };
}

function clientLimitOf(settings: Settings): ClientLimitSettings | undefined {
  const { dnsClientRate: perSecond, dnsClientRateSlip: slip, dnsClientRateExempt: exempt } = settings;
  return perSecond === 0 ? undefined : { perSecond, slip, exempt };
}
