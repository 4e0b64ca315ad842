/** Rules that bring queries for the DNS Service to this node's agent while its lease lasts. Pure text. */
import type { Family } from '../../net/ip.ts';

export const CHAIN = 'FAIRLEAD-DNS';

/** Name of the set that holds the leased addresses. */
export function setName(family: Family): string {
  return family === 'IPv4' ? `${CHAIN}-4` : `${CHAIN}-6`;
}

/** Name of the set that holds the TCP connections to those addresses that this node's agent has accepted. */
export function connectionSetName(family: Family): string {
  return `${setName(family)}-tcp`;
}

/** Seconds that a connection is known after its last packet; our server closes idle ones before. */
export const CONNECTION_SECONDS = 60;

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
  return addresses.flatMap((address) => [
    `-A ${CHAIN} -d ${host(address)} -p udp -m udp --dport 53 ${leased} ${COMMENT} -j CT --notrack`,
    `-A ${CHAIN} -s ${host(address)} -p udp -m udp --sport 53 ${COMMENT} -j CT --notrack`,
    ...connectionRules(family, address),
    `-A ${CHAIN} -s ${host(address)} -p tcp -m tcp --sport 53 ${COMMENT} -j CT --notrack`,
  ]);
}

/**
 * A connection stays where its first packet went, whatever becomes of the lease: taken or given back in the middle of
 * one, it would lead the client's next packet to a node that knows nothing of it, and the query would be lost. When
 * the set is full, new connections go to other nodes.
 */
function connectionRules(family: Family, address: string): string[] {
  const to = `-A ${CHAIN} -d ${host(address)} -p tcp -m tcp --dport 53`;
  const first = `${to} --tcp-flags FIN,SYN,RST,ACK SYN`;
  const leased = `--match-set ${setName(family)} dst`;
  const connection = `${connectionSetName(family)} src,src,dst`;
  const remember = `-j SET --add-set ${connection} --exist --timeout ${CONNECTION_SECONDS}`;
  return [
    `${first} -m set ${leased} ${COMMENT} ${remember}`,
    `${first} -m set ! ${leased} ${COMMENT} -j SET --del-set ${connection}`,
    `${to} -m set --match-set ${connection} ${COMMENT} ${remember}`,
    `${to} -m set --match-set ${connection} ${COMMENT} -j CT --notrack`,
  ];
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
