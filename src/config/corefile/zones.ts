/** Zones as a Corefile writes them. */
import { isName } from '../../dns/wire/name.ts';
import { parseCidr } from '../../net/cidr.ts';
import { type Place, UnusableConfig } from '../place.ts';

export interface ServerKey {
  readonly zones: readonly string[];
  readonly port: number;
  /** `dns`, `tls`, `https`, `grpc`, `quic` */
  readonly scheme: string;
}

const DNS_PORT = 53;

/** `.`, `example.org:5353`, `dns://.:53`, `10.0.0.0/16`. @throws UnusableConfig */
export function readServerKey(text: string, place: Place): ServerKey {
  const [, scheme = 'dns', rest = ''] = /^(?:([a-z]\w*):\/\/)?(.*)$/.exec(text) ?? [];
  const [, host = rest, digits] = /^(.*?):(\d{1,5})$/.exec(rest) ?? [];
  return { zones: readZone(host, place), port: digits === undefined ? DNS_PORT : Number(digits), scheme };
}

/** Zones of a plugin's line, or those of its block where it names none. @throws UnusableConfig */
export function zonesOr(
  args: readonly string[],
  fallback: readonly string[],
  place: Place,
): readonly string[] {
  return args.length === 0 ? fallback : args.flatMap((arg) => readServerKey(arg, place).zones);
}

/** Whether `name` is `zone` or below it; both lower case without trailing dot, `''` the root. */
export function isWithin(name: string, zone: string): boolean {
  return zone === '' || name === zone || name.endsWith(`.${zone}`);
}

/** Lower case without trailing dot; a range of addresses gives the reverse zones that make it up. */
function readZone(text: string, place: Place): readonly string[] {
  if (text.includes('/')) {
    const zones = reverseZones(text);
    if (zones === undefined) throw new UnusableConfig(place, `${text} is no range of addresses`);
    return zones;
  }
  const name = text.toLowerCase().replace(/\.$/, '');
  // A host's name may hold no more than these, but a zone may: `_tcp`, `*` even.
  if (!/^[\x21-\x7e]*$/.test(name) || !isName(name)) {
    throw new UnusableConfig(place, `${JSON.stringify(text)} is no zone`);
  }
  return [name];
}

/** Zones stand for whole octets, or nibbles in IPv6: a range between is made up of several. */
function reverseZones(text: string): string[] | undefined {
  const cidr = parseCidr(text);
  if (cidr === undefined) return undefined;
  const isV6 = cidr.family === 'IPv6';
  const digits = [...cidr.bytes].flatMap((octet) => (isV6 ? [octet >> 4, octet & 15] : [octet]));
  const bits = isV6 ? 4 : 8;
  const count = Math.ceil(cidr.bits / bits);
  const last = digits[count - 1] ?? 0;
  const spread = 2 ** (count * bits - cidr.bits);
  const suffix = isV6 ? 'ip6.arpa' : 'in-addr.arpa';
  const base = isV6 ? 16 : 10;
  return Array.from({ length: count === 0 ? 1 : spread }, (_, i) =>
    [...digits.slice(0, Math.max(0, count - 1)), ...(count === 0 ? [] : [last + i])]
      .map((digit) => digit.toString(base))
      .toReversed()
      .concat(suffix)
      .join('.'),
  );
}
