/** Makes the agent's parts from the settings. The only file that knows all of them. */
import type { Settings } from '../config/settings.ts';
import type { Clock } from '../host/clock.ts';
import { startCompanion } from '../host/companion.ts';
import type { Exec } from '../host/exec.ts';
import type { InheritedSockets } from '../host/inheritedSockets.ts';
import { localAddresses } from '../host/interfaces.ts';
import { joinGroup } from '../host/netlink/group.ts';
import type { Family } from '../net/ip.ts';
import type { SocketAddress } from '../net/socketAddress.ts';
import { RuleWatch } from '../netfilter/ruleWatch.ts';
import type { Log } from '../telemetry/log.ts';
import type { MetricFamily } from '../telemetry/metric.ts';
import { type EventLoopWatch, processMetrics } from '../telemetry/processMetrics.ts';
import type { ConfigStatus } from './config/configStatus.ts';
import { Agent } from './agent.ts';
import type { Names } from './parts.ts';
import { openApiWrites } from './reports/apiWrites.ts';
import { nodeView } from './explaining/nodeView.ts';
import { probeDns } from './names/dnsProbe.ts';
import { countEndpoints } from './source/figures.ts';
import type { HealthCounts, HealthView } from './serving/health.ts';
import { agentMetrics } from './metrics/agentMetrics.ts';
import { ChangeMetrics } from './metrics/changeMetrics.ts';
import { connectionMetrics } from './metrics/connectionMetrics.ts';
import { conntrackMetrics } from './metrics/conntrackMetrics.ts';
import { dnsConfigMetrics } from './metrics/dnsConfigMetrics.ts';
import { DnsMetrics } from './metrics/dnsMetrics.ts';
import { nameMetrics } from './metrics/nameMetrics.ts';
import { forwardMetrics } from './metrics/forwardMetrics.ts';
import { relayMetrics } from './metrics/relayMetrics.ts';
import { localMetrics } from './metrics/localMetrics.ts';
import { snapshotMetrics } from './metrics/snapshotMetrics.ts';
import { SyncMetrics } from './metrics/syncMetrics.ts';
import { threadMetrics } from './metrics/threadMetrics.ts';
import { tableMetrics } from './metrics/tableMetrics.ts';
import { openNames } from './names/names.ts';
import { createObserver } from './observer.ts';
import { findPrograms, openRouting, type Routing } from './routing/routing.ts';
import type { Served } from './serving/servers.ts';
import { ApiAddress } from './source/apiAddress.ts';
import { openSnapshot, type SnapshotView, viewOf } from './source/snapshot.ts';
import { openSource } from './source/sources.ts';
import { statusOf } from './serving/statusOf.ts';
import { VERSION } from './version.ts';

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly log: Log;
  readonly loop: EventLoopWatch;
  /** Filled before the agent starts, when another one hands over. */
  readonly inherited: InheritedSockets;
  /** Of the file that `--config` names; `undefined` without one. */
  readonly config?: (() => ConfigStatus) | undefined;
}

export interface Assembly
  extends Pick<
    Served,
    'modes' | 'health' | 'probes' | 'status' | 'trace' | 'explained' | 'metrics' | 'dnsMetrics' | 'dnsConfig'
  > {
  readonly agent: Agent;
  /** Absent where routing is off. */
  readonly modes: Routing['modes'] | undefined;
  /** Sets the kernel's limits; for before the agent starts, and after it is known to be alone. */
  readonly tune: () => Promise<void>;
  /** Addresses that names are answered on now. */
  readonly listening: () => readonly SocketAddress[];
  /** For the log: where objects come from. */
  readonly sourceName: string;
  readonly apiAddress: ApiAddress;
}

/** @throws Error when a part cannot be made: no credentials, no iptables */
export async function assemble(settings: Settings, surroundings: Surroundings): Promise<Assembly> {
  const { clock, log, loop } = surroundings;
  const watch = new RuleWatch({
    ...surroundings,
    companion: startCompanion,
    join: joinGroup,
    onDeaf: (because) =>
      log.info({ because }, 'rules are looked at once a second: cannot listen for changes'),
  });
  const host = { ...surroundings, exec: watch.exec };
  const routing = settings.proxy ? await openRouting(settings, { ...host, watch }) : undefined;
  const opening = await openSource(settings, host);
  const { connection, name: sourceName } = opening;
  const kept = openSnapshot(settings, opening, host);
  const source = kept?.source ?? opening.source;
  const snapshot = (): SnapshotView | undefined => kept && viewOf(kept);
  // Names need an agent that stays.
  const opened =
    settings.dns && !settings.once
      ? await openNames(settings, {
          ...host,
          connection,
          watch,
          programs: routing?.found.tools ?? (await findPrograms(settings, host)),
        })
      : undefined;
  const names: Names | undefined =
    opened === undefined ? undefined : { ...opened, localAddresses, probe: probeDns };
  const sync = routing && new SyncMetrics(() => routing.backend.describe().families);
  const changes = routing && new ChangeMetrics();
  const dns = opened && new DnsMetrics(() => opened.dns.counters());
  const agent = new Agent({
    settings,
    clock,
    log,
    source,
    ...(routing === undefined ? {} : { routing }),
    ...(names === undefined ? {} : { names }),
    ...(kept === undefined ? {} : { keeper: kept.keeper }),
    writes: await openApiWrites(settings, connection, host),
    observer: createObserver({ clock, sync, changes, dns }),
  });
  const probes: HealthCounts = { healthz: new Map(), livez: new Map() };
  const waitingMs = (): number => routing?.syncer.state().waitingMs ?? 0;
  const sources = (): ReturnType<typeof source.state> => source.state();
  const figures = {
    services: () => agent.picture.services.size,
    endpoints: () => countEndpoints(agent.picture),
    problems: () => agent.problems.counts(),
    waitingMs,
    sources,
  };
  const process = processMetrics(VERSION, loop);
  return {
    agent,
    tune: async () => routing?.tuning.apply(),
    listening: () => opened?.dns.state().listening ?? [],
    sourceName,
    apiAddress: new ApiAddress(settings.proxy ? connection?.server : undefined, log),
    modes: routing?.modes,
    health: healthOf(agent, routing, clock, snapshot),
    probes,
    status: () => statusOf({ agent, settings, config: host.config?.(), sources, names, routing, snapshot }),
    trace: opened && ((query, client) => opened.dns.trace(query, client)),
    explained: nodeView({ agent, source, settings, names, routing, exec: host.exec, clock }),
    metrics: [
      ...(sync?.families() ?? []),
      ...(changes?.families() ?? []),
      ...(routing === undefined ? [] : routingMetrics(routing)),
      ...(routing !== undefined && settings.countConnections
        ? connectionMetrics(routing.tables.connections, clock)
        : []),
      ...agentMetrics(figures, probes),
      ...snapshotMetrics(snapshot),
      ...process,
    ],
    dnsConfig: () => {
      const followed = names?.config();
      return followed === undefined ? {} : { dnsConfig: followed.configuration };
    },
    dnsMetrics: [
      ...(dns?.families() ?? []),
      ...(opened === undefined ? [] : threadMetrics(opened.dns)),
      ...forwardMetrics(() => names?.dns.state().forwarder),
      ...nameMetrics(agent),
      ...dnsConfigMetrics(() => names?.config()),
      ...process,
    ],
  };
}

function healthOf(
  agent: Agent,
  routing: Routing | undefined,
  clock: Clock,
  snapshot: () => SnapshotView | undefined,
): HealthView {
  return {
    families: () =>
      (routing?.backend.describe().families ?? []).map((family) => ({
        family,
        waitingMs: routing?.syncer.waitingMsOf(family) ?? 0,
        syncedAt: agent.progress.familySyncedAt.get(family) ?? agent.progress.startedAt,
      })),
    startedAt: () => agent.progress.startedAt,
    nodeEligible: () => agent.picture.node?.leaving === false,
    now: () => clock.now(),
    stopping: () => agent.progress.stopping,
    namesOpened: () => agent.progress.opened,
    readiness: () => agent.readiness(),
    restoredFrom: () => snapshot()?.inUse?.writtenAt,
  };
}

function routingMetrics({ flows, noLocal, backend, tables, relays }: Routing): readonly MetricFamily[] {
  const families = (): readonly Family[] => backend.describe().families;
  return [
    ...tableMetrics(tables.counters),
    ...conntrackMetrics(flows.counters, families),
    ...localMetrics(noLocal, families),
    ...relayMetrics(relays),
  ];
}
