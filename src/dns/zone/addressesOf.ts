/** Addresses of the cluster's own names, for parts of the agent that have to reach one. */
import { TYPE } from '../wire/codes.ts';
import { splitName } from '../wire/name.ts';
import type { Resolver } from './resolver.ts';

/** `undefined` when the name is not in the domain; empty when it has no address, or none yet. Both are lower case. */
export function addressesOf(resolver: Resolver, name: string, domain: string): readonly string[] | undefined {
  if (!name.endsWith(`.${domain}`)) return undefined;
  const labels = splitName(name.slice(0, -domain.length - 1));
  return [TYPE.A, TYPE.AAAA].flatMap((type) =>
    resolver
      .resolve({ labels, domain, reverse: undefined, type })
      .answers.flatMap(({ data }) => (data.type === 'A' || data.type === 'AAAA' ? [data.address] : [])),
  );
}
