/** Our rules, as who watches over them must know them. */
import type { Holding } from '../../netfilter/holding.ts';
import type { Tools } from './kernel/tools.ts';
import { isServiceChain, SHARED_CHAINS } from './rules/names.ts';
import type { Table } from './rules/rule.ts';

/** The kernel's chains that hold jumps of ours. */
const BUILT_IN: ReadonlySet<string> = new Set(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']);

export function holdingOf(programs: readonly Tools[], onForeign: (what: string) => void): Holding {
  const owns = (table: string, chain: string): boolean =>
    isOurTable(table) && (SHARED_CHAINS.has(chain) || isServiceChain(chain));
  return {
    programs,
    has: (table, chain) => owns(table, chain) || (isOurTable(table) && (chain === '' || BUILT_IN.has(chain))),
    owns,
    lasting: {
      chains: {
        nat: ['PREROUTING', 'OUTPUT', 'POSTROUTING', 'KUBE-MARK-MASQ', 'KUBE-POSTROUTING'],
        filter: ['INPUT', 'FORWARD', 'OUTPUT', 'KUBE-FORWARD'],
      },
      lines: /^-A (KUBE-(MARK-MASQ|POSTROUTING|FORWARD) |[A-Z]+ .*KUBE-)/,
    },
    onForeign,
  };
}

function isOurTable(table: string): table is Table {
  return table === 'nat' || table === 'filter';
}
