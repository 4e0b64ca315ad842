/** The chains where Services are found by address and port: each holds one rule for each way to reach a port. */
import type { PortPlan } from '../../plan/servicePlan.ts';
import { EXTERNAL_SERVICES, NODE_PORTS, PROXY_FIREWALL, SERVICES } from './names.ts';
import type { Rule, Table } from './rule.ts';
import { ruleText } from './text.ts';
import { addressKey, portKey } from './treeKey.ts';

export interface Root {
  readonly table: Table;
  readonly chain: string;
}

export type RootName =
  | 'services'
  | 'nodePorts'
  /** Refuses clusterIPs. */
  | 'refused'
  /** Refuses all other addresses of a Service, and NodePorts. */
  | 'refusedExternal'
  | 'firewall'
  | 'healthChecks';

export const ROOTS: Readonly<Record<RootName, Root>> = {
  services: { table: 'nat', chain: SERVICES },
  nodePorts: { table: 'nat', chain: NODE_PORTS },
  refused: { table: 'filter', chain: SERVICES },
  refusedExternal: { table: 'filter', chain: EXTERNAL_SERVICES },
  firewall: { table: 'filter', chain: PROXY_FIREWALL },
  healthChecks: { table: 'filter', chain: NODE_PORTS },
};

/** KUBE-SERVICES ends with a jump to KUBE-NODEPORTS, so it comes after it. */
export const NAT_ROOTS: readonly RootName[] = ['nodePorts', 'services'];
export const FILTER_ROOTS: readonly RootName[] = ['refused', 'refusedExternal', 'firewall', 'healthChecks'];

/** One rule in one root, with the key by which the tree below the root sorts it. */
export interface Hook {
  readonly root: RootName;
  /** `KEY RULE`: see `treeKey.ts`. */
  readonly entry: string;
}

/** For packets to this address and the port of the plan. */
export function addressHook(root: RootName, plan: PortPlan, address: string, rule: Rule): Hook {
  return { root, entry: `${addressKey(address, plan.protocol, plan.port)} ${ruleText(rule)}` };
}

/** For packets to this port on any address that the chain is entered with. */
export function portHook(root: RootName, plan: Pick<PortPlan, 'protocol'>, port: number, rule: Rule): Hook {
  return { root, entry: `${portKey(plan.protocol, port)} ${ruleText(rule)}` };
}
