/** The node's own resolvers, and which of them are servers of ours in truth. */
import { canonicalIP } from '../../../net/ip.ts';
import type { SocketAddress } from '../../../net/socketAddress.ts';
import { isName } from '../../wire/name.ts';

const DNS_PORT = 53;
/** glibc's MAXNS: it ignores further ones, and who wrote the file knows only that. */
const MAX_SERVERS = 3;

/**
 * Servers of a resolv.conf(5) text, at most three, in its order, each once. Lines and addresses that the C library
 * would ignore are ignored; so is a link-local address with a zone, as it needs a socket bound to that link.
 */
export function parseResolvConf(text: string): SocketAddress[] {
  const found = text
    .split('\n')
    .map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1])
    .flatMap((word) => (word === undefined ? [] : (canonicalIP(word) ?? [])));
  return [...new Set(found)].slice(0, MAX_SERVERS).map((address) => ({ address, port: DNS_PORT }));
}

/** Search domains of a resolv.conf(5) text, lower case, without dots at their ends. The last line that has some counts. */
export function parseSearch(text: string): string[] {
  const line = text.split('\n').findLast((one) => /^\s*(search|domain)\s/.test(one));
  const words = line?.trim().split(/\s+/).slice(1) ?? [];
  return words
    .map((word) => word.toLowerCase().replace(/\.$/, ''))
    .filter((word) => word !== '' && isName(word));
}

/**
 * Servers without those that we are: `own` are the addresses that this agent answers on, `0.0.0.0` or `::` standing
 * for `local`, the node's addresses. Any loopback address reaches a wildcard listener too.
 */
export function withoutOwn<Server extends SocketAddress>(
  servers: readonly Server[],
  own: readonly SocketAddress[],
  local: readonly string[],
): Server[] {
  return servers.filter((server) => !own.some((address) => reaches(server, address, local)));
}

function reaches(server: SocketAddress, own: SocketAddress, local: readonly string[]): boolean {
  if (server.port !== own.port) return false;
  if (server.address === own.address) return true;
  const wildcard = own.address === '::' || (own.address === '0.0.0.0' && !server.address.includes(':'));
  return wildcard && (isLoopback(server.address) || local.includes(server.address));
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
