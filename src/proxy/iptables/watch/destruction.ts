/** What `nft monitor destroy` tells: rules, chains and tables that go, whoever removes them. */
import type { Family } from '../../../net/ip.ts';
import { isServiceChain, SHARED_CHAINS } from '../rules/names.ts';
import type { Table } from '../rules/rule.ts';

export interface Destruction {
  readonly family: Family;
  readonly table: Table;
  /** Empty when the whole table goes. */
  readonly chain: string;
}

const LINE = /^delete (?:table (ip6?) (nat|filter)$|(?:chain|rule) (ip6?) (nat|filter) (\S+))/;

/** The kernel's chains that hold jumps of ours. */
const BUILT_IN: ReadonlySet<string> = new Set(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']);

/** `delete rule ip nat KUBE-SERVICES handle 12`. `undefined` for what cannot be ours. */
export function parseDestruction(line: string): Destruction | undefined {
  const [, wholeFamily, wholeTable, family = wholeFamily, table = wholeTable, chain = ''] =
    LINE.exec(line) ?? [];
  if (family === undefined || table === undefined) return undefined;
  if (chain !== '' && !BUILT_IN.has(chain) && !SHARED_CHAINS.has(chain) && !isServiceChain(chain)) {
    return undefined;
  }
  return {
    family: family === 'ip' ? 'IPv4' : 'IPv6',
    table: table === 'nat' ? 'nat' : 'filter',
    chain,
  };
}
