/** The domains whose names are ours to answer, found at the end of a question without making text of it. */
import type { Family } from '../../net/ip.ts';
import { encodeName, labelText, splitName } from '../wire/name.ts';
import type { Query } from '../wire/query.ts';

export interface Domain {
  /** Among the domains that are ours. */
  readonly index: number;
  readonly name: string;
  readonly reverse: Family | undefined;
  readonly labelCount: number;
  readonly wire: Uint8Array;
}

/** In place of a domain's index: all names that are in none. */
export const ELSEWHERE = 3;

/** The cluster domain, and both trees of reverse names. */
export class Domains {
  readonly all: readonly Domain[];

  constructor(clusterDomain: string) {
    this.all = [
      makeDomain(0, clusterDomain, undefined),
      makeDomain(1, 'in-addr.arpa', 'IPv4'),
      makeDomain(2, 'ip6.arpa', 'IPv6'),
    ];
  }

  of(query: Query): Domain | undefined {
    for (const domain of this.all) if (isBelow(query, domain)) return domain;
    return undefined;
  }
}

/** Where the domain's name begins in the name of a question that is in it. */
export function domainAt(query: Query, domain: Domain): number {
  return query.nameLength - domain.wire.length;
}

/** The lower-cased labels of the question left of the domain. */
export function labelsBelow(query: Query, domain: Domain): string[] {
  const labels: string[] = [];
  for (let i = 0; i < query.labelCount - domain.labelCount; i++) {
    const at = query.labels[i] ?? 0;
    labels.push(labelText(query.key, at + 1, query.key[at] ?? 0));
  }
  return labels;
}

function isBelow(query: Query, { wire, labelCount }: Domain): boolean {
  const first = query.labelCount - labelCount;
  const at = query.nameLength - wire.length;
  // On a label's boundary: `xcluster.local` is not in `cluster.local`.
  if (first < 0 || (labelCount > 0 && query.labels[first] !== at)) return false;
  for (let i = 0; i < wire.length; i++) if (query.key[at + i] !== wire[i]) return false;
  return true;
}

function makeDomain(index: number, name: string, reverse: Family | undefined): Domain {
  return { index, name, reverse, labelCount: splitName(name).length, wire: encodeName(name) };
}
