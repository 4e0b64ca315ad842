/** Rules that bring queries for the DNS Service to this node's agent while its lease lasts. Pure text. */
import type { Family } from '../../net/ip.ts';

export const CHAIN = 'FAIRLEAD-DNS';

/** Name of the set that holds the leased addresses. */
export function setName(family: Family): string {
  return family === 'IPv4' ? `${CHAIN}-4` : `${CHAIN}-6`;
}

export type Table = 'raw' | 'nat';

/** Built-in chains that lead to ours, by table. */
export const HOOKS: Readonly<Record<Table, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  nat: ['POSTROUTING'],
};

const COMMENT = '-m comment --comment "cluster DNS on this node"';

export function rulesOf(table: Table, family: Family, addresses: readonly string[]): string[] {
  return table === 'raw' ? rawRules(family, addresses) : natRules(family, addresses);
}

/**
 * An untracked packet meets no DNAT, so it stays with the address on `lo`. Queries are untracked only while the
 * address is leased; without a lease the Service's own rules carry them to other nodes. Answers are untracked
 * always: one that is sent as the lease ends would else make a conntrack entry of its own, whose reply
 * direction would catch the client's next query and keep it here, where nobody answers.
 */
function rawRules(family: Family, addresses: readonly string[]): string[] {
  const leased = `-m set --match-set ${setName(family)} dst`;
  return addresses.flatMap((address) =>
    ['udp', 'tcp'].flatMap((protocol) => [
      `-A ${CHAIN} -d ${host(address)} -p ${protocol} -m ${protocol} --dport 53 ${leased} ${COMMENT} -j CT --notrack`,
      `-A ${CHAIN} -s ${host(address)} -p ${protocol} -m ${protocol} --sport 53 ${COMMENT} -j CT --notrack`,
    ]),
  );
}

/**
 * A process of this node that asks an address on `lo` asks *from* that address. When DNAT then sends the query to
 * another node, the answer could not find back; so it leaves with an address of this node.
 */
function natRules(_family: Family, addresses: readonly string[]): string[] {
  return addresses.map(
    (address) =>
      `-A ${CHAIN} ! -o lo -s ${host(address)} -m conntrack --ctorigdst ${address} ${COMMENT} -j MASQUERADE`,
  );
}

function host(address: string): string {
  return `${address}/${address.includes(':') ? 128 : 32}`;
}

/** Restore input (for `--noflush`) that makes the chain hold these rules, and those hooks lead to it. */
export function installInput(
  table: Table,
  rules: readonly string[],
  missingHooks: readonly string[],
): string {
  return lines(
    `*${table}`,
    // Naming a chain empties it, within the same transaction that fills it.
    `:${CHAIN} - [0:0]`,
    ...rules,
    // First: a chain that accepts or drops early would else hide ours.
    ...missingHooks.map((hook) => `-I ${hook} 1 -j ${CHAIN}`),
    'COMMIT',
  );
}

/** Restore input that takes our chain out of a saved table; `undefined` when it is not in there. */
export function removeInput(table: Table, saved: string): string | undefined {
  if (!saved.includes(`:${CHAIN} `)) return undefined;
  const jumps = saved.split('\n').filter((line) => line.startsWith('-A ') && line.endsWith(` -j ${CHAIN}`));
  const removals = jumps.map((line) => line.replace('-A', '-D'));
  return lines(`*${table}`, ...removals, `-F ${CHAIN}`, `-X ${CHAIN}`, 'COMMIT');
}

/** Whether a saved table holds the hooks and as many rules of ours as there should be. */
export function isIntact(table: Table, saved: string, rules: readonly string[]): boolean {
  return countRules(saved) === rules.length && missingHooks(table, saved).length === 0;
}

/** Rules of our chain in what `iptables-save` or `iptables -S` printed. */
export function countRules(printed: string): number {
  return printed.split('\n').filter((line) => line.startsWith(`-A ${CHAIN} `)).length;
}

export function missingHooks(table: Table, saved: string): string[] {
  return HOOKS[table].filter((hook) => !saved.includes(`-A ${hook} -j ${CHAIN}\n`));
}

function lines(...text: readonly string[]): string {
  return `${text.join('\n')}\n`;
}
