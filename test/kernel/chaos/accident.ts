/** Something that goes wrong on a node, or is done to it, while pods use the cluster. */
import type { Mode } from '../../../src/proxy/backend.ts';
import { until } from '../agentWorld.ts';
import type { Cluster, ClusterNode, NewService } from './cluster.ts';

export interface Accident {
  readonly name: string;
  /** Where it is tried. */
  readonly modes: readonly Mode[];
  /**
   * Lets it happen to the node, and ends when it is over. What it costs is explained to the cluster; all that an operator
   * would look at has said what it should.
   */
  befall(cluster: Cluster, node: ClusterNode): Promise<void>;
}

/** A Service that is new is resolved and reached from pods of these nodes. */
export async function isReached(
  { name, clusterIPs }: NewService,
  nodes: readonly ClusterNode[],
): Promise<void> {
  for (const { world, users } of nodes) {
    await until(async () => (await world.resolve(`${name}.shop.svc.cluster.local`)) === clusterIPs[0]);
    await until(() => users.reach(clusterIPs));
  }
}

/** The line is in the node's log, among those after the first `from`. */
export async function tells(node: ClusterNode, from: number, line: RegExp): Promise<void> {
  await until(() =>
    Promise.resolve(
      node.world
        .complaints()
        .slice(from)
        .some((one) => line.test(one)),
    ),
  );
}

/** A metric's value, with its labels as they are written; 0 where there is none. */
export async function metric(node: ClusterNode, name: string): Promise<number> {
  const line = (await node.world.metrics()).split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.split(' ')[1] ?? 0);
}

/** Lets it happen; rejects where it costs more than it explains. Gives a line that tells what it cost. */
export async function undergo(accident: Accident, cluster: Cluster, node: ClusterNode): Promise<string> {
  await accident.befall(cluster, node);
  await cluster.more();
  const { explained, unexplained } = await cluster.losses();
  if (unexplained.length > 0) throw new Error(`lost for no reason:\n${unexplained.join('\n')}`);
  const { mode, variant } = cluster.settings;
  const cost = `${explained.connection} connections and ${explained.name} names`;
  return `${mode}, ${variant}: ${accident.name}, ${node.name}: cost ${cost}`;
}
