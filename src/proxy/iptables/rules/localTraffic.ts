/** How traffic of this node's pods looks, as matches. */
import { type Family, familyOf } from '../../../net/ip.ts';
import type { ProxySettings } from '../../settings.ts';
import type { Match } from './rule.ts';

export interface LocalTraffic {
  readonly is: Match;
  readonly isNot: Match;
}

/**
 * `podCIDRs` are this Node's, canonical. `undefined` where the mode has no range of the family: then nothing is
 * masqueraded for coming from elsewhere, and no pod passes by policy Local.
 */
export function localTraffic(
  { detectLocal, clusterCidrs }: Pick<ProxySettings, 'detectLocal' | 'clusterCidrs'>,
  family: Family,
  podCIDRs: readonly string[],
): LocalTraffic | undefined {
  switch (detectLocal.mode) {
    case 'ClusterCIDR':
      return from(clusterCidrs.find((range) => range.family === family)?.text);
    case 'NodeCIDR':
      return from(podCIDRs.find((range) => familyOf(range) === family));
    case 'BridgeInterface':
      return through(detectLocal.bridge);
    case 'InterfaceNamePrefix':
      // xtables' wildcard: any name that starts so.
      return through(`${detectLocal.prefix}+`);
    default:
      return detectLocal satisfies never;
  }
}

function from(prefix: string | undefined): LocalTraffic | undefined {
  if (prefix === undefined) return undefined;
  return { is: { kind: 'source', prefix }, isNot: { kind: 'source', prefix, not: true } };
}

/** What this node sends itself came in on no interface, so it counts as from elsewhere. */
function through(name: string): LocalTraffic {
  return { is: { kind: 'inInterface', name }, isNot: { kind: 'inInterface', name, not: true } };
}
