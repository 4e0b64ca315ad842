/** The DNS half, put together from the settings. */
import type { Settings } from '../config/settings.ts';
import { createForwarder } from '../dns/forward/createForwarder.ts';
import { createNodeDns, type NodeDns } from '../dns/node/createNodeDns.ts';
import type { NodePrograms } from '../dns/node/tables.ts';
import type { ClientLimitSettings } from '../dns/server/clientLimit.ts';
import { type CountedDnsService, createDnsService } from '../dns/server/createDnsService.ts';
import type { DnsSettings, SocketAddress } from '../dns/settings.ts';
import type { Clock } from '../host/clock.ts';
import type { Exec } from '../host/exec.ts';
import type { RuleWatch } from '../netfilter/ruleWatch.ts';
import type { Log } from '../telemetry/log.ts';
import { forwardSettings } from './forwardSettings.ts';
import { upstreamSources } from './upstreamSources.ts';

export interface NamesHost {
  readonly exec: Exec;
  readonly clock: Clock;
  readonly log: Log;
  /** Of each family that works; without any, the DNS Service's addresses are left to its rules. */
  readonly programs: readonly NodePrograms[];
  readonly watch: Pick<RuleWatch, 'add'>;
}

export interface OpenedNames {
  readonly dns: CountedDnsService;
  readonly node: NodeDns;
  close(): Promise<void>;
}

export async function openNames(settings: Settings, host: NamesHost): Promise<OpenedNames> {
  const { clock, log } = host;
  let listening: () => readonly SocketAddress[] = () => [];
  const sources = upstreamSources(() => listening());
  const forwarder = createForwarder({ host: sources, clock, log });
  const clientLimit = clientLimitOf(settings);
  const dns = createDnsService({ settings: dnsSettings(settings), forwarder, clientLimit, clock, log });
  const nodeLocal = settings.dnsNodeLocal.map((address) => ({ address, port: 53 }));
  listening = () => [...settings.dnsListen, ...nodeLocal, ...dns.state().listening];
  await dns.configure(forwardSettings(settings));
  const node = createNodeDns({ ...host, listener: dns });
  return {
    dns,
    node,
    async close() {
      await dns.drain();
      await dns.close();
      await forwarder.close();
    },
  };
}

function dnsSettings(settings: Settings): DnsSettings {
  const { clusterDomain, dnsService, dnsTTL: ttl, dnsNegativeTTL: negativeTtl, pods } = settings;
  return { clusterDomain, dnsService, ttl, negativeTtl, pods };
}

function clientLimitOf(settings: Settings): ClientLimitSettings | undefined {
  const { dnsClientRate: perSecond, dnsClientRateSlip: slip, dnsClientRateExempt: exempt } = settings;
  return perSecond === 0 ? undefined : { perSecond, slip, exempt };
}
