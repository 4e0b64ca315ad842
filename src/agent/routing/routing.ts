/** The routing half, put together from the settings. */
import type { ServiceEntry } from '../../catalog/picture.ts';
import type { Settings } from '../../config/settings.ts';
import { type Clock, sleep } from '../../host/clock.ts';
import type { Exec } from '../../host/exec.ts';
import { localAddresses } from '../../host/interfaces.ts';
import { deleteEntries } from '../../host/netlink/conntrack.ts';
import type { Family } from '../../net/ip.ts';
import type { RuleWatch } from '../../netfilter/ruleWatch.ts';
import type { Backend } from '../../proxy/backend.ts';
import type { ConntrackTuning } from '../../proxy/conntrackLimits.ts';
import { createFlowTable } from '../../proxy/conntrack/createFlowTable.ts';
import { ConntrackReconciler } from '../../proxy/conntrack/reconciler.ts';
import { createIptablesBackend, type IptablesBackend } from '../../proxy/iptables/backend.ts';
import { findTools, type FoundTools } from '../../proxy/iptables/kernel/detect.ts';
import { IptablesMissingError, type Tools } from '../../proxy/iptables/kernel/tools.ts';
import type { RelayLookup } from '../../proxy/iptables/rules/options.ts';
import { ModesBackend } from '../../proxy/modesBackend.ts';
import { ModeSwitch } from '../../proxy/modeSwitch.ts';
import { Reconciler } from '../../proxy/reconciler.ts';
import { Syncer } from '../../proxy/syncer.ts';
import type { Log } from '../../telemetry/log.ts';
import { checkClusterCIDR, conntrackTuning, type Followers, follow, gated } from './nodeRouting.ts';
import { proxySettings } from './proxySettings.ts';
import { allProbes, connectProbe } from './modeProbe.ts';
import { traceProbe } from './modeTrace.ts';
import { openRelays, type Relays } from './relays.ts';

export interface Routing extends Followers {
  readonly syncer: Pick<Syncer, 'update' | 'onSynced' | 'state' | 'waitingMsOf' | 'stop'>;
  readonly backend: Pick<Backend, 'mode' | 'describe'>;
  readonly tables: Pick<IptablesBackend, 'counters' | 'connections' | 'wanted'>;
  /** What of iptables is used, and why. */
  readonly found: Pick<FoundTools, 'tools' | 'because' | 'leftOut'>;
  readonly modes: Pick<ModeSwitch, 'mode' | 'configured' | 'settled' | 'to' | 'release'>;
  readonly relays: Pick<Relays, 'figures' | 'limit' | 'missing' | 'stop'>;
  /** Where ports are relayed now. */
  readonly relay: RelayLookup;
  readonly tuning: Pick<ConntrackTuning, 'apply'>;
  /** Follows the syncer by itself. */
  readonly flows: Pick<ConntrackReconciler, 'counters' | 'stop'>;
  /** So does this. */
  readonly reconciler: Pick<Reconciler, 'stop'>;
}

export interface RoutingHost {
  readonly exec: Exec;
  readonly clock: Clock;
  readonly log: Log;
  readonly watch: Pick<RuleWatch, 'add'>;
}

/** @throws Error when this machine cannot route in the mode that is set */
export async function openRouting(settings: Settings, host: RoutingHost): Promise<Routing> {
  const tuning = conntrackTuning(settings, host.log);
  const found = await findTools(host.exec, proxySettings(settings), host.log);
  const relays = await openRelays(settings, host);
  const tables = await createIptablesBackend({
    ...host,
    settings: proxySettings(settings),
    relays: relays.ports,
    // Limits are set once this agent is known to be alone; rules must depend on them as they will be.
    sysctl: tuning.applied,
    localAddresses,
    found,
  });
  const backend = new ModesBackend({
    mode: settings.mode,
    settings: proxySettings(settings),
    rules: tables,
    ports: relays.ports,
  });
  const families = (): readonly Family[] => backend.describe().families;
  checkClusterCIDR(settings, families());
  const syncer = new Syncer({ ...host, backend });
  const flows = new ConntrackReconciler({
    ...host,
    table: createFlowTable({ ...host, netlink: { deleteFlows: deleteEntries } }),
    families,
    isRelay: relays.ports.isRelay,
    dnsService: proxySettings(settings).dnsService,
  });
  const reconciler = new Reconciler({ ...host, backend, syncer, random: Math.random });
  const services = (): Iterable<ServiceEntry> => syncer.picture?.services.values() ?? [];
  relays.ports.onLeaving(() => flows.look());
  const traced = traceProbe({
    exec: host.exec,
    tools: found.tools,
    settings: proxySettings(settings),
    picture: () => syncer.picture,
    relay: relays.ports.lookup,
    localAddresses,
    pause: () => sleep(host.clock, 200),
  });
  syncer.onSynced(flows);
  syncer.onSynced(tuning);
  syncer.onSynced(reconciler);
  return {
    ...follow(syncer, settings, families),
    backend,
    tables,
    relays,
    relay: relays.ports.lookup,
    modes: new ModeSwitch({
      backend,
      syncer,
      probe: allProbes(connectProbe(services), traced),
      log: host.log,
    }),
    found,
    syncer: gated(syncer, settings, families(), host.log),
    flows,
    tuning,
    reconciler,
  };
}

/** The iptables programs of each family that works, where routing is off; none where there are none. */
export async function findPrograms(
  settings: Settings,
  { exec, log }: Pick<RoutingHost, 'exec' | 'log'>,
): Promise<readonly Tools[]> {
  try {
    return (await findTools(exec, proxySettings(settings), log)).tools;
  } catch (error) {
    if (!(error instanceof IptablesMissingError)) throw error;
    log.warn({ error: error.message }, "dns: the DNS Service's addresses are left to its rules");
    return [];
  }
}
