/** The records of one type that a place holds. */
import { familyOf } from '../../../net/ip.ts';
import { TYPE } from '../../wire/codes.ts';
import type { Rdata, Rr } from '../../wire/record.ts';
import type { Host } from '../names/place.ts';

export interface Found {
  readonly answers: readonly Rr[];
  /** Addresses of the names in the answers. */
  readonly additional: readonly Rr[];
}

export const NO_RECORDS: Found = { answers: [], additional: [] };

/** A or AAAA records of all hosts, each address once. */
export function addressRecords(owner: string, ttl: number, addresses: readonly string[], type: number): Rr[] {
  const wanted = new Set(addresses.filter((address) => addressType(address) === type));
  return [...wanted].map((address) => addressRecord(owner, ttl, address));
}

/** One SRV record a target and port, with the addresses of the targets. */
export function serviceRecords(owner: string, ttl: number, hosts: readonly Host[], domain: string): Found {
  const answers = new Map<string, Rr>();
  const additional = new Map<string, Rr>();
  const weight = shareOf(hosts);
  for (const host of hosts) {
    const target = `${host.name}.${domain}`;
    if (host.addresses.length === 0) continue;
    for (const port of host.ports) {
      const data: Rdata = { type: 'SRV', priority: 0, weight, port, target };
      answers.set(`${target} ${port}`, { owner, ttl, data });
    }
    if (host.ports.length === 0) continue;
    for (const address of host.addresses) {
      additional.set(`${target} ${address}`, addressRecord(target, ttl, address));
    }
  }
  return { answers: [...answers.values()], additional: [...additional.values()] };
}

/**
 * Equal shares of 100 for every pair of address and port, at least 1. Pairs are counted before equal records are
 * merged: a dual-stack Service has one SRV record, of weight 50.
 */
function shareOf(hosts: readonly Host[]): number {
  const pairs = hosts.reduce((sum, host) => sum + host.addresses.length * host.ports.length, 0);
  return Math.max(1, Math.floor(100 / Math.max(1, pairs)));
}

export function addressRecord(owner: string, ttl: number, address: string): Rr {
  const type = familyOf(address) === 'IPv4' ? 'A' : 'AAAA';
  return { owner, ttl, data: { type, address } };
}

function addressType(address: string): number {
  return familyOf(address) === 'IPv4' ? TYPE.A : TYPE.AAAA;
}
