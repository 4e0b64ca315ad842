/** What the agent writes to the API server: Events, and a taint that it takes away. */
import type { Settings } from '../../config/settings.ts';
import type { Clock } from '../../host/clock.ts';
import type { Problem } from '../../kube/problem.ts';
import type { Connection } from '../../kube/transport/connection.ts';
import type { Log } from '../../telemetry/log.ts';

export interface ApiWrites {
  /** For each problem, once. */
  readonly onProblem: (problem: Problem) => void;
  /** Every part that is on works. */
  readonly onReady: () => void;
  /** Events about the end itself are still posted. */
  readonly stop: () => void;
}

const NOTHING: ApiWrites = { onProblem: () => undefined, onReady: () => undefined, stop: () => undefined };

/** Nothing is written where there is no API server. */
export async function openApiWrites(
  { nodeName, startupTaint: key, once }: Pick<Settings, 'nodeName' | 'startupTaint' | 'once'>,
  connection: Connection | undefined,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<ApiWrites> {
  if (connection === undefined) return NOTHING;
  const [{ HttpTransport }, { ObjectEvents }, { StartupTaint }] = await Promise.all([
    import('../../kube/transport/httpTransport.ts'),
    import('./objectEvents.ts'),
    import('./startupTaint.ts'),
  ]);
  const transport = new HttpTransport({ connection, clock });
  const events = new ObjectEvents({ transport, nodeName, clock, log });
  const server = (): string => connection.server;
  const taint = new StartupTaint({ transport, server, nodeName, key, clock, log, random: Math.random });
  return {
    onProblem: (problem) => void events.post(problem),
    onReady: () => {
      if (key !== '' && !once) void taint.remove();
    },
    stop: () => taint.stop(),
  };
}
