import type { Problem } from '../../kube/problem.ts';
import type { NodeRecord } from '../../kube/records.ts';
import type { ThisNode } from '../picture.ts';
import { readAddresses, readCidrs } from './addresses.ts';
import { Findings } from './findings.ts';

/** This node with what is usable of its addresses and prefixes. A Node is never unusable as a whole. */
export function readNode(
  record: NodeRecord,
  origin?: string,
): { node: ThisNode; problems: readonly Problem[] } {
  const findings = new Findings(record, origin);
  const node: ThisNode = {
    name: record.name,
    addresses: readAddresses(record.addresses, 'status.addresses', findings),
    podCIDRs: readCidrs(record.podCIDRs, 'spec.podCIDRs', findings),
    zone: record.zone,
    leaving: record.leaving,
  };
  return { node, problems: findings.all() };
}
