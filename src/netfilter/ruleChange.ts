/** What the kernel's nf_tables tells of rules, chains and tables of iptables that come and go. */
import { nextAttribute, typeOf } from '../host/netlink/attributes.ts';
import { AF, HEADER_BYTES, NF_HEADER_BYTES } from '../host/netlink/constants.ts';
import type { Family } from '../net/ip.ts';

export interface RuleChange {
  readonly kind: 'added' | 'removed';
  readonly family: Family;
  readonly table: string;
  /** Empty when the whole table goes. */
  readonly chain: string;
}

/** NFNLGRP_NFTABLES: who joins is told of every change, once it is in force. */
export const RULE_NEWS_GROUP = 7;
const NFNL_SUBSYS_NFTABLES = 10 << 8;

interface Kind {
  readonly kind: RuleChange['kind'];
  /** Attributes that hold the names. */
  readonly table: number;
  readonly chain?: number;
}

const RULE = { table: 1, chain: 2 } as const;
const CHAIN = { table: 1, chain: 3 } as const;
const TABLE = { table: 1 } as const;

/** By NFT_MSG_: NEWRULE; DELRULE, DELCHAIN, DELTABLE; and these again where `destroy` asked for them (Linux 6.3). */
const KINDS: ReadonlyMap<number, Kind> = new Map<number, Kind>([
  [6, { kind: 'added', ...RULE }],
  [8, { kind: 'removed', ...RULE }],
  [28, { kind: 'removed', ...RULE }],
  [5, { kind: 'removed', ...CHAIN }],
  [27, { kind: 'removed', ...CHAIN }],
  [2, { kind: 'removed', ...TABLE }],
  [26, { kind: 'removed', ...TABLE }],
]);

/**
 * Of the message between `at` and `end`, which holds a whole nlmsghdr. `undefined` for what is of no family of ours,
 * tells of anything else, or is not as the kernel writes it.
 */
export function readRuleChange(bytes: Buffer, type: number, at: number, end: number): RuleChange | undefined {
  const known = KINDS.get(type - NFNL_SUBSYS_NFTABLES);
  const attributes = at + HEADER_BYTES + NF_HEADER_BYTES;
  if (known === undefined || attributes > end) return undefined;
  const family = familyOf(bytes[at + HEADER_BYTES]);
  if (family === undefined) return undefined;
  let table: string | undefined;
  let chain = known.chain === undefined ? '' : undefined;
  for (let here = attributes; here + 4 <= end; here = nextAttribute(bytes, here)) {
    const value = here + bytes.readUInt16LE(here);
    if (value < here + 4 || value > end) return undefined;
    const attribute = typeOf(bytes, here);
    if (attribute === known.table) table = text(bytes, here + 4, value);
    else if (attribute === known.chain) chain = text(bytes, here + 4, value);
    // What a rule says, up to 8 KiB of it, comes after.
    if (table !== undefined && chain !== undefined) return { kind: known.kind, family, table, chain };
  }
  return undefined;
}

function familyOf(number: number | undefined): Family | undefined {
  if (number === AF.IPv4) return 'IPv4';
  return number === AF.IPv6 ? 'IPv6' : undefined;
}

/** Without the zero that ends it. */
function text(bytes: Buffer, from: number, to: number): string {
  return bytes.toString('latin1', from, to - 1);
}
