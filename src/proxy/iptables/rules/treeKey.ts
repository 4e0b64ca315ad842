/**
 * Keys by which the trees of dispatch rules are sorted: octal digits, so that each digit is three bits of what
 * the rule matches, most significant first.
 *
 *     10.96.0.10 tcp 53    11 digits of address, 1 of protocol, 6 of port     (IPv6: 43 of address)
 *     NodePort udp 30053   a 4, which no address starts with, then protocol and port
 *
 * An entry of a tree is `KEY RULE`. The blank sorts before every digit, so entries sort by key, then by rule.
 */
import type { Protocol } from '../../../kube/records.ts';
import { bytesOf, type Family, formatIP } from '../../../net/ip.ts';
import { jump, type Match, type Rule } from './rule.ts';

const PROTOCOLS: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];
const NO_ADDRESS = '4';
const PORT_DIGITS = 6;

const addressDigits = (family: Family): number => (family === 'IPv4' ? 11 : 43);

/** `address` is canonical, of either family. */
export function addressKey(address: string, protocol: Protocol, port: number): string {
  const bytes = bytesOf(address);
  const digits = addressDigits(bytes.length === 4 ? 'IPv4' : 'IPv6');
  const value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  return value.toString(8).padStart(digits, '0') + portDigits(protocol, port);
}

/** Of a NodePort, which has no address. */
export function portKey(protocol: Protocol, port: number): string {
  return NO_ADDRESS + portDigits(protocol, port);
}

function portDigits(protocol: Protocol, port: number): string {
  return PROTOCOLS.indexOf(protocol) + port.toString(8).padStart(PORT_DIGITS, '0');
}

/** The rule that sends exactly what the prefix of a key stands for into a chain. */
export function prefixRule(prefix: string, family: Family, chain: string): Rule {
  if (prefix.startsWith(NO_ADDRESS)) {
    const ports = portMatches(prefix.slice(1));
    return { matches: ports.length > 0 ? ports : [{ kind: 'local', side: 'dst' }], target: jump(chain) };
  }
  const digits = addressDigits(family);
  const address = addressMatch(prefix.slice(0, digits), family);
  return { matches: [...portMatches(prefix.slice(digits)), address], target: jump(chain) };
}

function addressMatch(digits: string, family: Family): Match {
  const size = family === 'IPv4' ? 4 : 16;
  const value = BigInt(`0o${digits.padEnd(addressDigits(family), '0')}`);
  const bytes = Buffer.from(value.toString(16).padStart(2 * size, '0'), 'hex');
  // The first digit has only two bits of the address: 32 and 128 are one short of a multiple of three.
  const bits = 3 * digits.length - 1;
  const whole = bits === 8 * size;
  return { kind: 'destination', prefix: whole ? formatIP(bytes) : `${formatIP(bytes)}/${bits}` };
}

function portMatches(digits: string): readonly Match[] {
  const protocol = digits === '' ? undefined : PROTOCOLS[Number(digits[0])];
  if (protocol === undefined) return [];
  const port = digits.slice(1);
  if (port === '') return [{ kind: 'protocol', protocol }];
  const first = Number.parseInt(port.padEnd(PORT_DIGITS, '0'), 8);
  const last = Number.parseInt(port.padEnd(PORT_DIGITS, '7'), 8);
  return [
    { kind: 'protocol', protocol },
    { kind: 'port', first, last },
  ];
}
