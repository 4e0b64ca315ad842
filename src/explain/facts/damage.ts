/** What of a Service's rules in the kernel is not as it should be. */
import { canonicalRule } from '../../proxy/iptables/kernel/canonical.ts';
import { canonicalHash } from '../../proxy/iptables/kernel/dump.ts';
import { jumps } from '../../proxy/iptables/rules/jumps.ts';
import { isTreeChain } from '../../proxy/iptables/rules/names.ts';
import { type Hook, ROOTS } from '../../proxy/iptables/rules/roots.ts';
import type { ServiceRules } from '../../proxy/iptables/rules/service.ts';
import { ruleText } from '../../proxy/iptables/rules/text.ts';
import type { Chain, Ruleset } from '../tracer/ruleset.ts';

/** One line each; none where all is as it should be. */
export function damageOf(ruleset: Ruleset, { chains, hooks }: ServiceRules): readonly string[] {
  return [
    ...chains.flatMap(({ table, name, rules }) => {
      const chain = ruleset.get(table)?.get(name);
      if (chain === undefined) return [`${table} has no chain ${name}`];
      return canonicalHash(chain.texts) === canonicalHash(rules.map(ruleText))
        ? []
        : [`${table} ${name} holds other rules`];
    }),
    ...hooks.flatMap((hook) =>
      isThere(ruleset, hook) ? [] : [`${placeOf(hook)} has no rule ${textOf(hook)}`],
    ),
    ...missingJumps(ruleset),
  ];
}

/** The kernel's own chains lead to ours. */
function missingJumps(ruleset: Ruleset): readonly string[] {
  return jumps(false).flatMap(({ table, from, rule }) => {
    const text = ruleText(rule);
    return holdsRule(ruleset.get(table)?.get(from), text, (one) => one.includes('KUBE-'))
      ? []
      : [`${table} ${from} has no rule ${text}`];
  });
}

/** Somewhere in the tree below its root: where in it, depends on all Services. */
function isThere(ruleset: Ruleset, hook: Hook): boolean {
  const root = ROOTS[hook.root];
  const text = textOf(hook);
  const port = / --dport \d+/.exec(text)?.[0] ?? '';
  // A large cluster has tens of thousands of them, and making one canonical takes a while.
  const likely = (one: string): boolean => `${one} `.includes(`${port} `);
  for (const chain of ruleset.get(root.table)?.values() ?? []) {
    if (chain.name !== root.chain && !isTreeChain(chain.name)) continue;
    if (holdsRule(chain, text, likely)) return true;
  }
  return false;
}

function holdsRule(chain: Chain | undefined, text: string, likely: (one: string) => boolean): boolean {
  if (chain === undefined) return false;
  const wanted = canonicalRule(text);
  return chain.texts.some((one) => likely(one) && canonicalRule(one) === wanted);
}

function placeOf({ root }: Hook): string {
  return `${ROOTS[root].table} ${ROOTS[root].chain}`;
}

function textOf({ entry }: Hook): string {
  return entry.slice(entry.indexOf(' ') + 1);
}
