/** Which iptables backend is used here, and whether rules of Services are in the other one. */
import type { Facts } from '../facts.ts';
import { blocker, type Finding, ok, warning } from '../finding.ts';
import { valueOf } from '../looked.ts';
import type { IptablesFacts } from '../nodeFacts.ts';

const CHECK = 'iptables';

export function checkIptables({ node }: Facts): readonly Finding[] {
  const looked = valueOf(node)?.iptables;
  if (looked === undefined) return [];
  switch (looked.kind) {
    case 'absent':
      return [blocker(CHECK, 'is not installed', 'install iptables, 1.8 or newer')];
    case 'unknown':
      return [blocker(CHECK, looked.why, 'run preflight as root, on the node itself')];
    case 'found':
      return [chosen(looked.value), ...looked.value.leftOut.map(leftOut), ...bothBackends(looked.value)];
    default:
      return looked satisfies never;
  }
}

function chosen({ variant, version, because, families }: IptablesFacts): Finding {
  return ok(CHECK, `${version}, backend ${variant} (${because}), ${families.join(' and ')}`);
}

function leftOut(reason: string): Finding {
  return warning(CHECK, reason, 'Services of this family are not routed here');
}

/** Packets meet the rules of both: those of the backend that nobody tends any more stay in force for ever. */
function bothBackends({ variant, held }: IptablesFacts): Finding[] {
  const services = (of: 'chosen' | 'other'): number =>
    held
      .filter((rules) => (rules.variant === variant) === (of === 'chosen'))
      .reduce((sum, { serviceChains }) => sum + serviceChains, 0);
  const other = variant === 'nft' ? 'legacy' : 'nft';
  if (services('other') > 0) {
    const text = `${services('other')} chains of Services are in ${other}, and Fairlead would use ${variant}`;
    return [
      blocker(
        'iptables backend',
        text,
        services('chosen') > 0
          ? `both are in force: find out who wrote those in ${other}, and remove them with iptables-${other}`
          : `give --iptables-backend ${other}, so that they are taken over`,
      ),
    ];
  }
  const rules = held.filter((each) => each.variant === other).reduce((sum, each) => sum + each.rules, 0);
  if (rules === 0) return [];
  const text = `${rules} rules of others are in ${other}`;
  return [warning('iptables backend', text, 'packets meet the rules of both backends')];
}
