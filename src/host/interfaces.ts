/** This machine's network interfaces, as the agent's own network namespace has them. */
import { networkInterfaces } from 'node:os';
import { canonicalIP } from '../net/ip.ts';

/** Addresses of all interfaces that are up, loopback included, canonical and each once. */
export function localAddresses(): Promise<readonly string[]> {
  const found = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .flatMap(({ address }) => canonicalIP(address) ?? []);
  return Promise.resolve([...new Set(found)]);
}
