/** Chains of a tree, as they are named and written. */
import type { Family } from '../../../net/ip.ts';
import { treeChain } from '../rules/names.ts';
import type { Root } from '../rules/roots.ts';
import { ruleText } from '../rules/text.ts';
import { prefixRule } from '../rules/treeKey.ts';
import type { TreeLine } from './layout.ts';

/** `slot` is the place in the tree, as `layout.ts` names it; empty for the root itself. */
export function chainName({ table, chain }: Root, slot: string): string {
  return slot === '' ? chain : treeChain(`${table} ${chain}`, slot);
}

/** What follows `-A CHAIN`, line by line. */
export function chainTexts(root: Root, lines: readonly TreeLine[], family: Family): string[] {
  return lines.map((line) =>
    line.kind === 'rule' ? line.rule : ruleText(prefixRule(line.prefix, family, chainName(root, line.slot))),
  );
}
