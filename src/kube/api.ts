/** Objects from the API server. */
import type { Clock } from '../host/clock.ts';
import type { Log } from '../telemetry/log.ts';
import { projectObject } from './project/project.ts';
import type { Kind } from './records.ts';
import { LinkReport } from './reflector/linkReport.ts';
import { Reflector } from './reflector/reflector.ts';
import { resourceOf } from './reflector/resource.ts';
import type { PodScope, Source } from './source.ts';
import { TurnBudget } from './stream/turnBudget.ts';
import type { Connection } from './transport/connection.ts';
import { HttpTransport } from './transport/httpTransport.ts';

export interface ApiSourceOptions {
  readonly connection: Connection;
  readonly nodeName: string;
  /** Only a setting that answers with pods' own addresses needs them: there are many, and they change often. */
  readonly watchPods: PodScope;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 up to but not including 1; for tests. */
  readonly random?: () => number;
}

const KINDS: readonly Kind[] = ['Node', 'Namespace', 'Service', 'EndpointSlice'];

/** Watches Services, EndpointSlices, Namespaces and this node's Node, and Pods when asked to. */
export function createApiSource(options: ApiSourceOptions): Source {
  const { connection, nodeName, watchPods, clock, log, random = Math.random } = options;
  const transport = new HttpTransport({ connection, clock });
  const budget = new TurnBudget(clock);
  const report = new LinkReport(clock, log);
  const kinds: readonly Kind[] = watchPods === 'none' ? KINDS : [...KINDS, 'Pod'];
  let reflectors: readonly Reflector[] = [];

  return {
    start(watcher) {
      reflectors = kinds.map(
        (kind) =>
          new Reflector({
            resource: resourceOf(kind, nodeName, watchPods),
            server: () => connection.server,
            transport,
            watcher,
            project: projectObject,
            clock,
            random,
            budget,
            report,
            log,
          }),
      );
      for (const reflector of reflectors) reflector.start();
    },
    async stop() {
      await Promise.all(reflectors.map((reflector) => reflector.stop()));
      transport.close();
    },
    state: () =>
      kinds.map(
        (kind, i) =>
          reflectors[i]?.state() ?? { kind, synced: false, error: 'not started', silentMs: undefined },
      ),
  };
}
