/** iptables rules as typed values; `text.ts` writes them as `iptables-restore` reads them. */
import type { Protocol } from '../../../kube/records.ts';

/** The tables that hold rules of ours. */
export type Table = 'filter' | 'nat';

export interface Rule {
  readonly matches: readonly Match[];
  /** A rule without one only carries its comment. */
  readonly target?: Target;
}

/** A chain of our own with all its rules. */
export interface Chain {
  readonly table: Table;
  /** At most 28 characters: the kernel's names have 29 bytes with their end. */
  readonly name: string;
  readonly rules: readonly Rule[];
}

export type Match =
  | { readonly kind: 'comment'; readonly text: string }
  | { readonly kind: 'protocol'; readonly protocol: Protocol }
  /** Address or prefix. */
  | { readonly kind: 'source' | 'destination'; readonly prefix: string; readonly not?: boolean }
  /** The packet came in on it; a name that ends in `+` stands for all that start so. */
  | { readonly kind: 'inInterface'; readonly name: string; readonly not?: boolean }
  /** Must follow a `protocol` match. */
  | { readonly kind: 'port'; readonly first: number; readonly last: number }
  /** The address is one of this machine's. */
  | { readonly kind: 'local'; readonly side: 'src' | 'dst' }
  | { readonly kind: 'mark'; readonly mark: number; readonly not?: boolean }
  | { readonly kind: 'state'; readonly states: readonly string[]; readonly not?: boolean }
  /** Holds for one new connection of `among`. */
  | { readonly kind: 'chance'; readonly among: number }
  /** The source is in the list and was there within the last seconds. */
  | { readonly kind: 'remembered'; readonly list: string; readonly seconds: number }
  /** Always holds, and puts the source into the list. */
  | { readonly kind: 'remember'; readonly list: string };

export type Target =
  | { readonly kind: 'jump'; readonly chain: string }
  | { readonly kind: 'accept' | 'drop' | 'reject' | 'return' }
  | { readonly kind: 'setMark' | 'flipMark'; readonly mark: number }
  | { readonly kind: 'masquerade'; readonly randomFully: boolean }
  | { readonly kind: 'dnat'; readonly to: string };

export const comment = (text: string): Match => ({ kind: 'comment', text });

export const jump = (chain: string): Target => ({ kind: 'jump', chain });

/** Protocol, destination and port, in kube-proxy's order. */
export function to(protocol: Protocol, address: string | undefined, port: number): readonly Match[] {
  const where: readonly Match[] = address === undefined ? [] : [{ kind: 'destination', prefix: address }];
  return [{ kind: 'protocol', protocol }, ...where, { kind: 'port', first: port, last: port }];
}
