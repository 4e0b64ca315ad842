/** Everything that preflight looks at, in one go. */
import type { Settings } from '../../config/settings.ts';
import type { ClusterFacts } from '../clusterFacts.ts';
import type { Facts } from '../facts.ts';
import { ABSENT, found, type Looked, valueOf } from '../looked.ts';
import type { NodeFacts } from '../nodeFacts.ts';
import { gatherCluster } from './cluster.ts';
import type { ClusterHost, NodeHost } from './host.ts';
import { gatherNode } from './node.ts';

/** `auto`: this machine counts as a node unless the cluster says that it has no such Node. */
export type Scope = 'auto' | 'node' | 'cluster';

export interface Surroundings {
  readonly node: NodeHost;
  /** Absent where no API server was named. */
  readonly cluster: ClusterHost | undefined;
}

export async function gatherFacts(settings: Settings, scope: Scope, around: Surroundings): Promise<Facts> {
  const cluster =
    scope === 'node' || around.cluster === undefined ? ABSENT : await gatherCluster(settings, around.cluster);
  const isNode = scope === 'node' || (scope === 'auto' && mayBeNode(settings.nodeName, cluster));
  const node: Looked<NodeFacts> = isNode ? found(await gatherNode(settings, around.node)) : ABSENT;
  return { settings, node, cluster };
}

function mayBeNode(name: string, cluster: Looked<ClusterFacts>): boolean {
  const nodes = valueOf(valueOf(cluster)?.nodes ?? ABSENT);
  return nodes === undefined || nodes.some((node) => node.name === name);
}
