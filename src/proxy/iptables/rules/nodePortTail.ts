/** The end of KUBE-SERVICES: what is for this node itself may be for a NodePort. */
import type { NodePortAddresses } from '../../nodePorts.ts';
import { NODE_PORTS } from './names.ts';
import type { RuleOptions } from './options.ts';
import { comment, jump, type Match, type Rule } from './rule.ts';

const LAST = comment('kubernetes service nodeports; NOTE: this must be the last rule in this chain');

export function nodePortTail(addresses: NodePortAddresses, options: RuleOptions): readonly Rule[] {
  const target = jump(NODE_PORTS);
  if (addresses === 'all') {
    const local: Match = { kind: 'local', side: 'dst' };
    return [{ matches: [LAST, local, ...notLoopback(options)], target }];
  }
  return addresses.map((prefix): Rule => ({ matches: [LAST, { kind: 'destination', prefix }], target }));
}

function notLoopback({ family, localhostNodePorts }: RuleOptions): readonly Match[] {
  if (localhostNodePorts) return [];
  return [{ kind: 'destination', prefix: family === 'IPv6' ? '::1/128' : '127.0.0.0/8', not: true }];
}
