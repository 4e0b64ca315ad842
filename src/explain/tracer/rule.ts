/** What a rule asks of a packet and what it does to it, as far as the rules of Service proxies go. */
import type { Cidr } from '../../net/cidr.ts';

export interface Rule {
  /** As it was read: what follows `-A CHAIN`. */
  readonly text: string;
  readonly matches: readonly Match[];
  /** A rule without one only counts. */
  readonly target: Target | undefined;
}

export type Side = 'source' | 'destination';

export type Match = { readonly not: boolean } & (
  | { readonly kind: 'address'; readonly side: Side; readonly prefix: Cidr }
  /** The destination before any DNAT. */
  | { readonly kind: 'asked'; readonly prefix: Cidr }
  | { readonly kind: 'protocol'; readonly protocol: string }
  | { readonly kind: 'port'; readonly side: Side; readonly first: number; readonly last: number }
  /** `name` may end in `+`: all interfaces that begin so. */
  | { readonly kind: 'interface'; readonly way: 'in' | 'out'; readonly name: string }
  /** The address is one of this machine's. */
  | { readonly kind: 'local'; readonly side: Side }
  | { readonly kind: 'mark'; readonly value: number; readonly mask: number }
  | { readonly kind: 'state'; readonly states: readonly string[] }
  | { readonly kind: 'chance'; readonly probability: number }
  /** xt_recent: the source is in the list. */
  | { readonly kind: 'remembered'; readonly list: string }
  /** The set holds the packet's element; see `setElement.ts`. */
  | { readonly kind: 'set'; readonly name: string; readonly sides: readonly Side[] }
  | { readonly kind: 'unknown'; readonly text: string }
);

export type Target =
  | { readonly kind: 'jump'; readonly chain: string }
  | { readonly kind: 'accept' | 'drop' | 'reject' | 'return' | 'masquerade' | 'notrack' }
  /** The mark becomes `(mark & ~clear) ^ flip`. */
  | { readonly kind: 'mark'; readonly clear: number; readonly flip: number }
  /** Puts the packet's element into the set, or takes it out. */
  | { readonly kind: 'set'; readonly name: string; readonly sides: readonly Side[]; readonly adds: boolean }
  | { readonly kind: 'dnat'; readonly address: string; readonly port: number | undefined }
  | { readonly kind: 'unknown'; readonly text: string };
