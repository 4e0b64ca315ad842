/** An address with a port, and `ADDRESS:PORT` as people and the kernel's tools write it. */
import { canonicalIP, familyOf } from './ip.ts';

export interface SocketAddress {
  /** Canonical IP. */
  readonly address: string;
  readonly port: number;
}

/** Reads `1.2.3.4:53`, `[::1]:53`, and without a port where there is a default one; `undefined` when it is none. */
export function parseSocketAddress(text: string, defaultPort?: number): SocketAddress | undefined {
  const bracketed = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text);
  const plain = /^([^:]+)(?::(\d{1,5}))?$/.exec(text);
  const host = bracketed?.[1] ?? plain?.[1] ?? text;
  const digits = bracketed?.[2] ?? plain?.[2];
  const address = canonicalIP(host);
  const port = digits === undefined ? defaultPort : Number(digits);
  if (address === undefined || port === undefined || port > 65_535) return undefined;
  return { address, port };
}

/** `1.2.3.4:53`, `[::1]:53` */
export function formatSocketAddress({ address, port }: SocketAddress): string {
  return familyOf(address) === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}
