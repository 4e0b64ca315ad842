/** Our single rules in chains that are not ours: jumps in the kernel's, and one rule in the kubelet's. */
import { canonicalRule } from '../kernel/canonical.ts';
import type { Dump } from '../kernel/dump.ts';
import { partOf, type RestoreSession } from '../kernel/session.ts';
import { jumps } from '../rules/jumps.ts';
import { KUBELET_FIREWALL } from '../rules/names.ts';
import type { Rule, Table } from '../rules/rule.ts';
import { MARTIAN_RULE } from '../rules/static.ts';
import { ruleText } from '../rules/text.ts';

/** Writes those that a dump does not show; gives the table of each. */
export function missingInOthersChains(
  dump: Dump,
  localhostNodePorts: boolean,
  session: RestoreSession,
): readonly Table[] {
  const written: Table[] = [];
  if (localhostNodePorts) {
    const rules = dump.shared.get(`filter ${KUBELET_FIREWALL}`);
    // Never emptied: older kubelets keep a rule of their own in it.
    if (rules === undefined) session.chain('after', KUBELET_FIREWALL, []);
    const rule = ruleText(MARTIAN_RULE);
    if (!holds(rules, rule)) {
      session.line('after', `-A ${KUBELET_FIREWALL} ${rule}`);
      written.push('filter');
    }
  }
  for (const { table, from, rule } of jumps(localhostNodePorts)) {
    const text = ruleText(rule);
    if (holds(dump.shared.get(`${table} ${from}`), text)) continue;
    session.line(partOf(table), `-I ${from} ${text}`);
    written.push(table);
  }
  return written;
}

/** A rule of ours in a chain of others, as a dump shows it. */
export interface OthersRule {
  readonly table: Table;
  readonly from: string;
  /** The chain it jumps to. */
  readonly target: string;
  /** What follows `-D CHAIN`, as the kernel knows it. */
  readonly rule: string;
}

/** The jumps of ours that a dump shows, those to the kubelet's chain left out. */
export function presentJumps(dump: Dump): readonly OthersRule[] {
  return jumps(false).flatMap(({ table, from, rule }) => {
    const wanted = canonicalRule(ruleText(rule));
    const found = (dump.shared.get(`${table} ${from}`) ?? []).filter(
      (line) => canonicalRule(line) === wanted,
    );
    return found.map((line): OthersRule => ({ table, from, target: targetOf(rule), rule: line }));
  });
}

/** The jumps to the kubelet's firewall chain, if that chain is ours alone: no kubelet, and no rule but ours. */
export function ownFirewallJumps(dump: Dump): readonly OthersRule[] | undefined {
  const rules = dump.shared.get(`filter ${KUBELET_FIREWALL}`);
  const martian = canonicalRule(ruleText(MARTIAN_RULE));
  if (rules === undefined || dump.kubelet || rules.some((line) => canonicalRule(line) !== martian))
    return undefined;
  const line = `-j ${KUBELET_FIREWALL}`;
  return ['INPUT', 'OUTPUT']
    .filter((from) => dump.shared.get(`filter ${from}`)?.includes(line))
    .map((from): OthersRule => ({ table: 'filter', from, target: KUBELET_FIREWALL, rule: line }));
}

function targetOf(rule: Rule): string {
  return rule.target?.kind === 'jump' ? rule.target.chain : '';
}

function holds(rules: readonly string[] | undefined, rule: string): boolean {
  const wanted = canonicalRule(rule);
  return rules?.some((line) => canonicalRule(line) === wanted) === true;
}
