/** How relays are reached: by way of a Service, whatever else the node filters, and in no other way. */
import type { RuleOptions } from './options.ts';
import { comment, type Match, type Rule } from './rule.ts';

/** The address is asked for by NAT alone: state DNAT is what was sent to a Service. */
const BY_SERVICE = { kind: 'state', states: ['DNAT'] } as const satisfies Match;

/**
 * The end of KUBE-PROXY-FIREWALL. Every pod can route packets to an address of its node. Whoever sent them straight to
 * where a relay listens would get past source ranges, traffic policies, and whatever others filter by the Service.
 */
export function relayGuard({ relayAddress }: RuleOptions): readonly Rule[] {
  if (relayAddress === undefined) return [];
  return [
    {
      matches: [
        comment('relays are for what was sent to a Service'),
        { kind: 'destination', prefix: relayAddress },
        { ...BY_SERVICE, not: true },
      ],
      target: { kind: 'drop' },
    },
  ];
}

/**
 * The end of KUBE-NODEPORTS in table filter, which INPUT alone leads to. What the kernel would forward is now for this
 * node itself, and many nodes have rules that let nobody in but to known ports.
 */
export function relayAccess({ relayAddress }: RuleOptions): readonly Rule[] {
  if (relayAddress === undefined) return [];
  return [
    {
      matches: [
        comment('what was sent to a Service goes to its relay'),
        { kind: 'destination', prefix: relayAddress },
        BY_SERVICE,
      ],
      target: { kind: 'accept' },
    },
  ];
}
