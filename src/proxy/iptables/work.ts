/** What a sync is given. */
import type { Picture, ServiceEntry } from '../../catalog/picture.ts';
import type { Family } from '../../net/ip.ts';
import type { NodePortAddresses } from '../nodePorts.ts';
import type { PlanNode } from '../plan/servicePlan.ts';
import type { ProxySettings } from '../settings.ts';

/** By `namespace/name`; `undefined` for one that is gone. */
export type Services = ReadonlyMap<string, ServiceEntry | undefined>;

export interface Work {
  /** Services to look at. */
  readonly services: Services;
  /** `services` is all there is, and what the kernel holds is to be read rather than remembered. */
  readonly whole: boolean;
  /** Rules of all Services may be others than before: those that were refused are tried again. */
  readonly anew: boolean;
  /** All Services. Only to be called before the first await: the picture is not ours to keep. */
  all(): Services;
  readonly node: PlanNode;
  readonly nodePortAddresses: NodePortAddresses;
}

/** As far as the picture knows this Node: without it, only its name, and no addresses or ranges. */
export function planNode(picture: Picture, settings: ProxySettings): PlanNode {
  const { node } = picture;
  return {
    name: settings.nodeName,
    zone: node?.zone ?? '',
    addresses: node?.addresses ?? [],
    podCIDRs: node?.podCIDRs ?? [],
  };
}

/** Endpoints of a Service, counted once for each of its ports. */
export function countEndpoints(entry: ServiceEntry | undefined, family: Family): number {
  if (entry?.service.routed !== true) return 0;
  let count = 0;
  for (const group of entry.groups) {
    if (group.family === family) count += group.ports.length * group.endpoints.length;
  }
  return count;
}

/** Above a thousand endpoints their rules carry no comments, as kube-proxy's: they would be most of the text. */
export function commentsEndpoints(endpoints: number): boolean {
  return endpoints <= 1000;
}
