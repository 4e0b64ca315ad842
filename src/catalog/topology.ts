/** Topology hints: keeping traffic on its node or in its zone, where the endpoints' controller planned for that. */
import type { PortEndpoint } from './portEndpoint.ts';

export interface NodeTopology {
  readonly name: string;
  readonly zone: string;
}

/** Named as `trafficDistribution` names them; `''` is no preference. */
export type TopologyMode = '' | 'PreferSameNode' | 'PreferSameZone';

/**
 * Hints bind only when every ready endpoint has them and one is meant for us: with fewer, the plan is half
 * written, and following it would send the traffic of several zones to the few that are hinted already.
 */
export function topologyMode(endpoints: readonly PortEndpoint[], node: NodeTopology): TopologyMode {
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  if (bind(ready, (endpoint) => endpoint.nodeHints, node.name)) return 'PreferSameNode';
  if (bind(ready, (endpoint) => endpoint.zoneHints, node.zone)) return 'PreferSameZone';
  return '';
}

/** Whether the endpoint is meant for this node under the mode. */
export function availableIn(mode: TopologyMode, endpoint: PortEndpoint, node: NodeTopology): boolean {
  if (mode === '') return true;
  return mode === 'PreferSameNode'
    ? endpoint.nodeHints.includes(node.name)
    : endpoint.zoneHints.includes(node.zone);
}

function bind(
  ready: readonly PortEndpoint[],
  hintsOf: (endpoint: PortEndpoint) => readonly string[],
  own: string,
): boolean {
  // A node without the zone label is in no zone, not in the zone named "".
  if (own === '' || !ready.every((endpoint) => hintsOf(endpoint).length > 0)) return false;
  return ready.some((endpoint) => hintsOf(endpoint).includes(own));
}
