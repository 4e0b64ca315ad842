/** Rules that do not depend on any Service. */
import { FORWARD, MARK_MASQ, POSTROUTING } from './names.ts';
import type { RuleOptions } from './options.ts';
import { type Chain, comment, type Rule } from './rule.ts';

export function staticChains(options: RuleOptions): readonly Chain[] {
  return [
    {
      table: 'nat',
      name: MARK_MASQ,
      rules: [{ matches: [], target: { kind: 'setMark', mark: options.mark } }],
    },
    { table: 'nat', name: POSTROUTING, rules: postrouting(options) },
    { table: 'filter', name: FORWARD, rules: forward(options) },
  ];
}

function postrouting({ mark, randomFully }: RuleOptions): readonly Rule[] {
  return [
    { matches: [{ kind: 'mark', mark, not: true }], target: { kind: 'return' } },
    // A packet that passes here again, out of a tunnel for one, must not be masqueraded a second time.
    { matches: [], target: { kind: 'flipMark', mark } },
    {
      matches: [comment('kubernetes service traffic requiring SNAT')],
      target: { kind: 'masquerade', randomFully },
    },
  ];
}

function forward({ mark, dropInvalid }: RuleOptions): readonly Rule[] {
  const drop: Rule = { matches: [{ kind: 'state', states: ['INVALID'] }], target: { kind: 'drop' } };
  return [
    ...(dropInvalid ? [drop] : []),
    {
      matches: [comment('kubernetes forwarding rules'), { kind: 'mark', mark }],
      target: { kind: 'accept' },
    },
    {
      matches: [
        comment('kubernetes forwarding conntrack rule'),
        { kind: 'state', states: ['RELATED', 'ESTABLISHED'] },
      ],
      target: { kind: 'accept' },
    },
  ];
}

/**
 * route_localnet, which NodePorts on 127.0.0.1 need, also lets neighbours on the link reach what listens on
 * 127.0.0.1 only (CVE-2020-8558). This rule takes that back.
 */
export const MARTIAN_RULE: Rule = {
  matches: [
    comment('block incoming localnet connections'),
    { kind: 'destination', prefix: '127.0.0.0/8' },
    { kind: 'source', prefix: '127.0.0.0/8', not: true },
    { kind: 'state', states: ['RELATED', 'ESTABLISHED', 'DNAT'], not: true },
  ],
  target: { kind: 'drop' },
};
