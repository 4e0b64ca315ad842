/** A DNS server to be asked, and how people write it: `192.0.2.53`, `[2001:db8::53]:5353`, `tls://192.0.2.53#dns.example`. */
import { formatSocketAddress, parseSocketAddress, type SocketAddress } from './socketAddress.ts';

export const DNS_PORT = 53;
/** RFC 7858 */
export const DNS_TLS_PORT = 853;

/** What a server's certificate is held against. */
export interface ServerTls {
  /** Empty: it must be for the server's address. */
  readonly serverName: string;
  /** File of the authorities that may have signed it; empty for those that Node knows. */
  readonly caFile: string;
}

export interface DnsServer extends SocketAddress {
  /** Asked by TLS, and by nothing else. */
  readonly tls?: ServerTls;
}

/** Reads also `tls://ADDRESS[:PORT][?ca=FILE][#NAME]`; `undefined` when it is none of these. */
export function parseDnsServer(text: string): DnsServer | undefined {
  const [, place, caFile = '', serverName = ''] =
    /^tls:\/\/([^?#]+)(?:\?ca=([^#]+))?(?:#(.+))?$/.exec(text) ?? [];
  if (place === undefined) return parseSocketAddress(text, DNS_PORT);
  const address = parseSocketAddress(place, DNS_TLS_PORT);
  return address && { ...address, tls: { serverName: serverName.toLowerCase(), caFile } };
}

export function formatDnsServer({ tls, ...place }: DnsServer): string {
  if (tls === undefined) return formatSocketAddress(place);
  const ca = tls.caFile === '' ? '' : `?ca=${tls.caFile}`;
  const name = tls.serverName === '' ? '' : `#${tls.serverName}`;
  return `tls://${formatSocketAddress(place)}${ca}${name}`;
}
