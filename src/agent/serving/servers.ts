/** What the agent serves beside names: probes, metrics, and the control socket. */
import { join } from 'node:path';
import { type InForce, settingsInForce } from '../../config/inForce.ts';
import type { Origins } from '../../config/load.ts';
import type { Settings } from '../../config/settings.ts';
import type { Clock } from '../../host/clock.ts';
import type { SocketAddress } from '../../net/socketAddress.ts';
import type { ModeSwitch } from '../../proxy/modeSwitch.ts';
import { exposition } from '../../telemetry/exposition.ts';
import { type HttpRoutes, jsonReply, textReply } from '../../telemetry/httpAnswer.ts';
import { HttpEndpoint } from '../../telemetry/httpEndpoint.ts';
import type { Log } from '../../telemetry/log.ts';
import type { MetricFamily } from '../../telemetry/metric.ts';
import { explainRoute } from '../explaining/route.ts';
import type { ExplainView } from '../explaining/view.ts';
import { type Trace, traceRoute } from '../names/traceRoute.ts';
import { modeReply } from '../routing/modeReply.ts';
import { stopLimitMs } from '../stopLimit.ts';
import { LEAVING_PATH, leavingRoute, predecessorGone } from '../succession/predecessor.ts';
import { type ControlSocket, type OnUpgrade, openControlSocket, SOCKET_NAME } from './controlSocket.ts';
import { dnsHealthRoutes, dnsReadyRoutes } from './dnsHealth.ts';
import { type HealthCounts, healthRoutes, type HealthView } from './health.ts';
import type { AgentStatus } from './status.ts';

export interface Served {
  readonly settings: Settings;
  readonly origins: Origins;
  readonly clock: Clock;
  readonly log: Log;
  readonly health: HealthView;
  readonly probes: HealthCounts;
  readonly status: () => Promise<AgentStatus>;
  /** Absent where routing is off. */
  readonly modes?: Pick<ModeSwitch, 'mode' | 'to'> | undefined;
  /** Absent with `--dns off`. */
  readonly trace: Trace | undefined;
  /** What an explanation is gathered from. */
  readonly explained: ExplainView;
  readonly metrics: readonly MetricFamily[];
  readonly dnsMetrics: readonly MetricFamily[];
  /** The DNS configuration that is followed, as it is in force; empty without one. */
  readonly dnsConfig: () => { readonly dnsConfig?: unknown };
  readonly onUpgrade?: OnUpgrade;
}

export interface Servers {
  /** Makes room for those of another agent. */
  leave(): Promise<void>;
  close(): Promise<void>;
}

/** Of the control socket. */
export function socketPathIn(runDir: string): string {
  return join(runDir, SOCKET_NAME);
}

/** @throws Error when another agent runs here; ports in use are only told, and tried again */
export async function openServers(served: Served): Promise<Servers> {
  const { settings, clock, log } = served;
  const socketPath = socketPathIn(settings.runDir);
  await predecessorGone(socketPath);
  const control: ControlSocket = await openControlSocket(socketPath, controlRoutes(served), served.onUpgrade);
  const wanted: readonly (readonly [name: string, at: SocketAddress | undefined, routes: HttpRoutes])[] = [
    ['healthz', settings.healthzBindAddress, healthRoutes(served.health, served.probes)],
    ['metrics', settings.metricsBindAddress, metricsRoutes(served)],
    ['dns health', settings.dns ? settings.dnsHealthBindAddress : undefined, dnsHealthRoutes(served.health)],
    ['dns ready', settings.dns ? settings.dnsReadyBindAddress : undefined, dnsReadyRoutes(served.health)],
    ['dns metrics', settings.dns ? settings.dnsMetricsBindAddress : undefined, dnsMetricsRoutes(served)],
  ];
  const endpoints = wanted.flatMap(([name, at, routes]) =>
    at === undefined ? [] : [new HttpEndpoint({ name, ...at, routes, clock, log })],
  );
  await Promise.all(endpoints.map((endpoint) => endpoint.start()));
  return {
    async leave() {
      await Promise.all(endpoints.map((endpoint) => endpoint.stop()));
      control.leave();
    },
    async close() {
      await Promise.all([control.close(), ...endpoints.map((endpoint) => endpoint.stop())]);
    },
  };
}

function controlRoutes(served: Served): HttpRoutes {
  return {
    '/config': () => jsonReply(200, inForce(served)),
    '/explain': explainRoute(served.explained),
    [LEAVING_PATH]: leavingRoute(() => (served.health.stopping() ? stopLimitMs(served.settings) : undefined)),
    '/mode': (question) => modeReply(served.modes, question),
    '/status': async () => jsonReply(200, await served.status()),
    '/trace': traceRoute(served.trace),
  };
}

function metricsRoutes(served: Served): HttpRoutes {
  const { metrics, modes, dnsConfig } = served;
  return {
    '/metrics': exposition(metrics),
    '/proxyMode': () => textReply(200, modes?.mode ?? 'off'),
    '/configz': () =>
      jsonReply(200, {
        fairlead: Object.fromEntries(inForce(served).map(({ key, value }) => [key, value])),
        ...dnsConfig(),
      }),
    '/healthz': () => textReply(200, 'ok'),
  };
}

/** The settings, but for the mode, which may have been switched since. */
function inForce({ settings, origins, modes }: Served): readonly InForce[] {
  return settingsInForce(settings, origins).map((one) =>
    one.key === 'mode' && modes !== undefined && modes.mode !== settings.mode
      ? { ...one, value: modes.mode, from: 'switched since the start' }
      : one,
  );
}

function dnsMetricsRoutes({ dnsMetrics }: Served): HttpRoutes {
  return { '/metrics': exposition(dnsMetrics) };
}
