/** The agent, told as `fairlead status` prints it. */
import type { Remark } from '../../config/dnsConfiguration.ts';
import { at } from '../../config/place.ts';
import type { Settings } from '../../config/settings.ts';
import { COUNT } from '../../dns/cache/counts.ts';
import type { CacheState } from '../../dns/cache/replyCache.ts';
import type { UpstreamState } from '../../dns/forward/forwarder.ts';
import { describeProblem } from '../../kube/problem.ts';
import type { SourceState } from '../../kube/source.ts';
import { formatSocketAddress } from '../../net/socketAddress.ts';
import type { Agent } from '../agent.ts';
import type { ConfigStatus } from '../config/configStatus.ts';
import type { DnsConfigState } from '../names/config/configurator.ts';
import type { Names } from '../parts.ts';
import { relayStatusOf } from '../routing/relayStatus.ts';
import type { Routing } from '../routing/routing.ts';
import { countEndpoints } from '../source/figures.ts';
import type { SnapshotView } from '../source/snapshot.ts';
import { VERSION } from '../version.ts';
import type {
  AgentStatus,
  CacheStatus,
  DnsConfigStatus,
  DnsStatus,
  ProxyStatus,
  SnapshotStatus,
  SourceStatus,
  UpstreamStatus,
} from './status.ts';

export interface StatusParts {
  readonly agent: Agent;
  readonly settings: Pick<Settings, 'nodeName'>;
  readonly config: ConfigStatus | undefined;
  readonly sources: () => readonly SourceState[];
  readonly names: Names | undefined;
  readonly routing: Routing | undefined;
  readonly snapshot: () => SnapshotView | undefined;
}

export async function statusOf(parts: StatusParts): Promise<AgentStatus> {
  const { agent, settings, config, sources, names, routing } = parts;
  const snapshot = parts.snapshot();
  const notReady = [...(await agent.readiness())].filter(([, wrong]) => wrong !== '');
  return {
    version: VERSION,
    pid: process.pid,
    node: settings.nodeName,
    startedAt: iso(agent.progress.startedAt),
    ready: notReady.length === 0,
    notReady: notReady.map(([part, wrong]) => `${part}: ${wrong}`),
    ...(config === undefined ? {} : { config }),
    catalog: {
      syncedAt: iso(agent.progress.sourceSyncedAt),
      services: agent.picture.services.size,
      endpoints: countEndpoints(agent.picture),
      problems: agent.problems.lines,
    },
    sources: sources().map(sourceOf),
    ...(snapshot === undefined ? {} : { snapshot: snapshotOf(snapshot) }),
    ...(routing === undefined ? {} : { proxy: proxyOf(agent, routing) }),
    ...(names === undefined ? {} : { dns: dnsOf(agent, names) }),
  };
}

function sourceOf({ kind, synced, silentMs, error }: SourceState): SourceStatus {
  return { kind, synced, silentSeconds: silentMs === undefined ? -1 : Math.round(silentMs / 1000), error };
}

function snapshotOf({ inUse, kept }: SnapshotView): SnapshotStatus {
  const { writtenAt, octets, error } = kept;
  const used = inUse && { writtenAt: iso(inUse.writtenAt), sameBoot: inUse.sameBoot };
  return { writtenAt: iso(writtenAt), octets, error, ...(used === undefined ? {} : { inUse: used }) };
}

function proxyOf(
  { progress }: Agent,
  { backend, modes, found, syncer, healthPorts, relays }: Routing,
): ProxyStatus {
  const { waitingMs, pending, setAside, error } = syncer.state();
  const { lastSync, lastRepair } = progress;
  const relayed = relayStatusOf(relays.figures(), relays.limit);
  return {
    mode: backend.mode,
    configuredMode: modes.configured,
    notRelayed: relays.missing(),
    ...(relayed === undefined ? {} : { relays: relayed }),
    ...backend.describe(),
    variantBecause: found.because,
    leftOut: found.leftOut,
    syncedAt: iso(progress.rulesSyncedAt),
    lastSyncMilliseconds: Math.round(lastSync?.report.milliseconds ?? 0),
    lastSyncFull: lastSync?.full ?? false,
    ...(lastRepair === undefined ? {} : { lastRepair: { ...lastRepair, at: iso(lastRepair.at) } }),
    pending: { services: pending, seconds: Math.round(waitingMs / 100) / 10 },
    setAside: setAside.map(describeProblem),
    healthPorts: (healthPorts?.problems ?? []).map(describeProblem),
    error,
  };
}

function dnsOf(agent: Agent, { dns, node, config }: Names): DnsStatus {
  const followed = config();
  const { listening, services, names, queries, forwarder } = dns.state();
  return {
    listening: listening.map(formatSocketAddress),
    claimed: node.state().addresses,
    lease: node.state().lease,
    services,
    names,
    queries,
    cache: cacheOf(forwarder?.cache),
    upstreams: (forwarder?.upstreams ?? []).map(upstreamOf),
    ...(followed === undefined ? {} : { config: configOf(followed) }),
    errors: agent.dnsFailures,
  };
}

function configOf({ source, since, error, remarks }: DnsConfigState): DnsConfigStatus {
  const lines = (level: Remark['level']): string[] =>
    remarks.filter((remark) => remark.level === level).map((remark) => at(remark, remark.message));
  return { source, since: iso(since), error, warnings: lines('warning'), notes: lines('note') };
}

function cacheOf(cache: CacheState | undefined): CacheStatus {
  const { entries, octets = 0, maxOctets = 0, counts } = cache ?? {};
  return {
    entries: (entries?.success ?? 0) + (entries?.denial ?? 0),
    octets,
    maxOctets,
    hits: (counts?.of(COUNT.hitsSuccess) ?? 0) + (counts?.of(COUNT.hitsDenial) ?? 0),
    misses: counts?.of(COUNT.misses) ?? 0,
    stale: counts?.of(COUNT.servedStale) ?? 0,
  };
}

function upstreamOf(upstream: UpstreamState): UpstreamStatus {
  const { server, zones, healthy, looping, queries, failures } = upstream;
  return { server, zones, healthy, looping, queries, failures };
}

/** Empty for 0: never. */
function iso(milliseconds: number): string {
  return milliseconds === 0 ? '' : new Date(milliseconds).toISOString();
}
