/** What an operator wants answered otherwise than the zone or an upstream server would. Plain data. */
import type { Rr } from '../wire/record.ts';
import type { Pattern } from './pattern/pattern.ts';

/** Rules of one server block, in the order in which CoreDNS applies its plugins: rewrite, any, template, hosts. */
export interface RuleBlock {
  /** Lower case, no trailing dot; `''` is the root. The longest zone of all blocks that a name is in takes it. */
  readonly zones: readonly string[];
  readonly rewrites: readonly Rewrite[];
  /** Queries for ANY get one HINFO record (RFC 8482). */
  readonly minimalAny: boolean;
  readonly templates: readonly Template[];
  readonly hosts: Hosts | undefined;
}

/** How a name is found. Texts are lower case with a trailing dot, except a `prefix` and a `substring`. */
export type NameMatch =
  | { readonly kind: 'exact' | 'prefix' | 'suffix' | 'substring'; readonly text: string }
  | { readonly kind: 'regex'; readonly regex: Pattern };

export type Rewrite = NameRewrite | TypeRewrite | TtlRewrite;

interface RewriteBase {
  /** Later rewrites are applied to the result; else this is the last. */
  readonly continues: boolean;
}

/** The question's name becomes another one; in the reply it is put back. */
export interface NameRewrite extends RewriteBase {
  readonly field: 'name';
  readonly match: NameMatch;
  /** What takes the place of what was found; with a `regex` the whole name, `{1}` standing for its first group. */
  readonly to: string;
  /** Names in the reply, besides the asked one: those that were made from it too, or by rules of their own. */
  readonly answers: AnswerRewrite;
}

export interface AnswerRewrite {
  /** Undo the rewrite wherever a name in the reply ends or begins as the rewritten one does. */
  readonly auto: boolean;
  /** Owners of records. */
  readonly names: readonly Substitution[];
  /** Targets of CNAME, MX, NS, PTR and SRV records. */
  readonly values: readonly Substitution[];
}

/** Matches a whole name, lower case with a trailing dot; `{1}` stands for the first group. */
export interface Substitution {
  readonly regex: Pattern;
  readonly to: string;
}

export interface TypeRewrite extends RewriteBase {
  readonly field: 'type';
  readonly from: number;
  readonly to: number;
}

/** TTLs of the reply are brought between `min` and `max`. */
export interface TtlRewrite extends RewriteBase {
  readonly field: 'ttl';
  readonly match: NameMatch;
  readonly min: number;
  readonly max: number;
}

export interface Template {
  readonly zones: readonly string[];
  /** 255 is any. */
  readonly type: number;
  /** Any of them; empty matches every name of the zones. Matched with a trailing dot. */
  readonly matches: readonly Pattern[];
  readonly rcode: number;
  readonly answers: readonly RecordTemplate[];
  readonly authority: readonly RecordTemplate[];
  readonly additional: readonly RecordTemplate[];
  /** Zones whose names the next template sees when no regex matches; those of other names do not exist. */
  readonly fallthrough: readonly string[];
}

/** A record in master-file text, cut where something is to be put in. */
export type RecordTemplate = readonly (string | Slot)[];

export type Slot =
  | { readonly slot: 'name' | 'zone' | 'type' | 'class' }
  | { readonly slot: 'match'; readonly group: number | string };

export interface Hosts {
  /** Names outside them are not looked for, addresses always. */
  readonly zones: readonly string[];
  readonly entries: readonly HostEntry[];
  /** Seconds. */
  readonly ttl: number;
  /** Answer reverse names too. */
  readonly reverse: boolean;
  /** Zones whose unknown names go on to the cluster and to upstream servers; others fail. */
  readonly fallthrough: readonly string[];
}

export interface HostEntry {
  /** Canonical IP. */
  readonly address: string;
  /** Lower case, no trailing dot. */
  readonly names: readonly string[];
}

/** An answer made here. */
export interface LocalAnswer {
  readonly rcode: number;
  readonly answers: readonly Rr[];
  readonly authority: readonly Rr[];
  readonly additional: readonly Rr[];
}
