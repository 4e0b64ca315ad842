/** What `nft monitor destroy` tells: rules, chains and tables that go, whoever removes them. */
import type { Family } from '../net/ip.ts';

export interface Destruction {
  readonly family: Family;
  readonly table: string;
  /** Empty when the whole table goes. */
  readonly chain: string;
}

const LINE = /^delete (?:table (ip6?) (\w+)$|(?:chain|rule) (ip6?) (\w+) (\S+))/;

/** `delete rule ip nat KUBE-SERVICES handle 12`. `undefined` for what is not of iptables. */
export function parseDestruction(line: string): Destruction | undefined {
  const [, wholeFamily, wholeTable, family = wholeFamily, table = wholeTable, chain = ''] =
    LINE.exec(line) ?? [];
  if (family === undefined || table === undefined) return undefined;
  return { family: family === 'ip' ? 'IPv4' : 'IPv6', table, chain };
}
