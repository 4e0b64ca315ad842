/** ConfigMaps that hold settings, watched one by one. */
import type { Clock } from '../host/clock.ts';
import type { Log } from '../telemetry/log.ts';
import { projectObject } from './project/project.ts';
import { LinkReport } from './reflector/linkReport.ts';
import { Reflector } from './reflector/reflector.ts';
import { configMapResource } from './reflector/resource.ts';
import type { Source } from './source.ts';
import { TurnBudget } from './stream/turnBudget.ts';
import type { Connection } from './transport/connection.ts';
import { HttpTransport } from './transport/httpTransport.ts';

export interface ConfigMapSourceOptions {
  readonly connection: Connection;
  /** At least one. */
  readonly names: readonly ConfigMapName[];
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 up to but not including 1; for tests. */
  readonly random?: () => number;
}

export interface ConfigMapName {
  readonly namespace: string;
  readonly name: string;
}

/** A source of its own, not a part of the cluster's: an agent that may not read ConfigMaps still does its work. */
export function createConfigMapSource(options: ConfigMapSourceOptions): Source {
  const { connection, names, clock, log, random = Math.random } = options;
  const transport = new HttpTransport({ connection, clock });
  const shared = {
    transport,
    clock,
    random,
    log,
    budget: new TurnBudget(clock),
    report: new LinkReport(clock, log),
  };
  let reflectors: readonly Reflector[] = [];
  return {
    start(watcher) {
      reflectors = names.map(
        ({ namespace, name }) =>
          new Reflector({
            ...shared,
            resource: configMapResource(namespace, name),
            server: () => connection.server,
            watcher,
            project: projectObject,
          }),
      );
      for (const reflector of reflectors) reflector.start();
    },
    async stop() {
      await Promise.all(reflectors.map((reflector) => reflector.stop()));
      transport.close();
    },
    state: () => reflectors.map((reflector) => reflector.state()),
  };
}
