/** Our rules, as who watches over them must know them. */
import type { Holding, RulePrograms } from '../../netfilter/holding.ts';
import { CHAIN, HOOKS, type Table } from './rules.ts';

export function holdingOf(programs: readonly RulePrograms[], onForeign: (what: string) => void): Holding {
  return {
    programs,
    has: (table, chain) =>
      isOurTable(table) && (chain === '' || chain === CHAIN || HOOKS[table].includes(chain)),
    owns: (table, chain) => isOurTable(table) && chain === CHAIN,
    lasting: { chains: HOOKS, lines: new RegExp(`^-A [A-Z]+ -j ${CHAIN}$`) },
    onForeign,
  };
}

function isOurTable(table: string): table is Table {
  return table === 'raw' || table === 'nat';
}
