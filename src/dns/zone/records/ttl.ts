/** How long clients may keep what we say. */
import type { DnsSettings } from '../../settings.ts';

export interface Lifetimes {
  /** What stays as long as the Service: clusterIPs, aliases, names of Services. */
  readonly service: number;
  /** What comes and goes with pods: endpoints and pod records. */
  readonly endpoint: number;
  /** Denials, by the SOA's TTL and its minimum field (RFC 2308 section 5). */
  readonly denial: number;
}

/** A denied name may be about to exist: clients must not remember a denial longer than five minutes. */
const LONGEST_DENIAL = 300;

export function lifetimes(settings: Pick<DnsSettings, 'ttl' | 'negativeTtl'>): Lifetimes {
  return {
    service: settings.ttl,
    endpoint: Math.min(settings.ttl, settings.negativeTtl),
    denial: Math.min(settings.negativeTtl, LONGEST_DENIAL),
  };
}
