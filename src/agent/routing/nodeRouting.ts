/** What routing does on a node beside its rules: health-check ports, figures of them, the kernel's limits. */
import { availableParallelism } from 'node:os';
import type { Settings } from '../../config/settings.ts';
import { UsageError } from '../../config/usageError.ts';
import { listenHttp } from '../../host/httpListener.ts';
import { localAddresses } from '../../host/interfaces.ts';
import { moduleParameters, systemSysctl } from '../../host/sysctl.ts';
import type { Family } from '../../net/ip.ts';
import { ConntrackTuning } from '../../proxy/conntrackLimits.ts';
import { HealthPorts } from '../../proxy/health/healthPorts.ts';
import { needOfNode, NodeGate } from '../../proxy/nodeGate.ts';
import { NoLocalEndpoints } from '../../proxy/noLocalEndpoints.ts';
import type { Syncer } from '../../proxy/syncer.ts';
import type { Log } from '../../telemetry/log.ts';
import { followsCluster } from './followsCluster.ts';
import { proxySettings } from './proxySettings.ts';

/** Those that follow the syncer by themselves. */
export interface Followers {
  /** Absent where the agent does not stay. */
  readonly healthPorts?: Pick<HealthPorts, 'problems' | 'onSettled' | 'stop'>;
  readonly noLocal: Pick<NoLocalEndpoints, 'count'>;
}

/** Of this machine, under the names that kube-proxy gives the settings. */
export function conntrackTuning(settings: Settings, log: Log): ConntrackTuning {
  return new ConntrackTuning({
    limits: {
      maxPerCore: settings.conntrackMaxPerCore,
      min: settings.conntrackMin,
      tcpEstablished: settings.conntrackTCPEstablishedTimeout,
      tcpCloseWait: settings.conntrackTCPCloseWaitTimeout,
      tcpBeLiberal: settings.conntrackTCPBeLiberal,
      udp: settings.conntrackUDPTimeout,
      udpStream: settings.conntrackUDPStreamTimeout,
    },
    cores: availableParallelism(),
    sysctl: systemSysctl,
    modules: moduleParameters,
    log,
  });
}

/** Has them told of every sync from now on. An agent that runs once listens on no ports. */
export function follow(syncer: Syncer, settings: Settings, families: () => readonly Family[]): Followers {
  const { nodeName, dnsService, nodePortAddresses } = proxySettings(settings);
  const noLocal = new NoLocalEndpoints({ nodeName, dnsService, families });
  syncer.onSynced(noLocal);
  if (settings.once) return { noLocal };
  const healthPorts = new HealthPorts({
    listen: listenHttp,
    nodePortAddresses,
    localAddresses,
    families,
    proxyHealthy: () => followsCluster(syncer.state().waitingMs),
  });
  syncer.onSynced(healthPorts);
  return { healthPorts, noLocal };
}

/** The syncer as the agent sees it: held back until the Node says what rules need of it. */
export function gated(
  syncer: Syncer,
  settings: Settings,
  families: readonly Family[],
  log: Log,
): Pick<Syncer, 'update' | 'onSynced' | 'state' | 'waitingMsOf' | 'stop'> {
  const need = needOfNode(proxySettings(settings), families);
  if (need === undefined) return syncer;
  const gate = new NodeGate(syncer, log, need);
  return {
    update: (picture, changes) => gate.update(picture, changes),
    onSynced: (listener) => syncer.onSynced(listener),
    state() {
      const state = syncer.state();
      return gate.missing === '' ? state : { ...state, error: gate.missing };
    },
    waitingMsOf: (family) => syncer.waitingMsOf(family),
    stop: () => syncer.stop(),
  };
}

/** Ranges of none of the routed families would masquerade nothing, silently. @throws UsageError */
export function checkClusterCIDR(settings: Settings, families: readonly Family[]): void {
  const { detectLocalMode, clusterCIDR } = settings;
  if (detectLocalMode !== 'ClusterCIDR' || clusterCIDR.length === 0) return;
  if (clusterCIDR.some(({ family }) => families.includes(family))) return;
  const ranges = clusterCIDR.map(({ text }) => text).join();
  throw new UsageError(
    `--cluster-cidr: ${ranges} is not ${families.join()}, which is all this machine routes`,
  );
}
