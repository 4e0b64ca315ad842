/** One record in master-file text (RFC 1035 section 5), in a single line and with every name in full. */
import { canonicalIP, familyOf } from '../../net/ip.ts';
import { TYPE } from './codes.ts';
import { putU16 } from './layout.ts';
import { encodeName, isName, splitName } from './name.ts';
import type { Rdata, Rr } from './record.ts';

/** Where the text says none. */
const DEFAULT_TTL = 3600;
const MOST = 2 ** 31 - 1;

/** `OWNER [TTL] [IN] TYPE RDATA`; `undefined` when it is none, or of a type that is not read here. */
export function parseRecord(text: string): Rr | undefined {
  const [owner = '', ...words] = text.trim().match(/"(?:\\.|[^"\\])*"|\S+/g) ?? [];
  let ttl = DEFAULT_TTL;
  while (/^(\d+|IN)$/i.test(words[0] ?? '')) {
    const word = words.shift() ?? '';
    if (/^\d/.test(word)) ttl = Number(word);
  }
  const [type = '', ...fields] = words;
  const data = isName(owner) && owner !== '' && ttl <= MOST ? rdataOf(type.toUpperCase(), fields) : undefined;
  return data === undefined ? undefined : { owner: plain(owner).toLowerCase(), ttl, data };
}

function rdataOf(type: string, fields: readonly string[]): Rdata | undefined {
  const [first = '', second = ''] = fields;
  switch (type) {
    case 'A':
    case 'AAAA': {
      const address = canonicalIP(first);
      const family = type === 'A' ? 'IPv4' : 'IPv6';
      return address === undefined || familyOf(address) !== family || fields.length > 1
        ? undefined
        : { type, address };
    }
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return isTarget(first) && fields.length === 1 ? { type, target: plain(first) } : undefined;
    case 'SRV':
      return srvOf(fields);
    case 'MX': {
      const preference = numberOf(first, 0xffff);
      return preference === undefined || !isTarget(second) || fields.length > 2
        ? undefined
        : { type: 'raw', code: TYPE.MX, bytes: mxOctets(preference, plain(second)) };
    }
    case 'TXT':
      return txtOf(fields);
    case 'HINFO':
      return fields.length === 2 ? { type, cpu: unquoted(first), os: unquoted(second) } : undefined;
    case 'SOA':
      return soaOf(fields);
    default:
      return undefined;
  }
}

function srvOf([priority, weight, port, target = '', ...more]: readonly string[]): Rdata | undefined {
  const numbers = [priority, weight, port].map((text) => numberOf(text, 0xffff));
  const [a, b, c] = numbers;
  if (a === undefined || b === undefined || c === undefined || !isTarget(target) || more.length > 0) {
    return undefined;
  }
  return { type: 'SRV', priority: a, weight: b, port: c, target: plain(target) };
}

function soaOf([primary = '', mailbox = '', ...rest]: readonly string[]): Rdata | undefined {
  const [serial, refresh, retry, expire, minimum, ...more] = rest.map((text) => numberOf(text, 0xffff_ffff));
  if (!isTarget(primary) || !isTarget(mailbox) || more.length > 0) return undefined;
  if (serial === undefined || refresh === undefined || retry === undefined) return undefined;
  if (expire === undefined || minimum === undefined) return undefined;
  const names = { primary: plain(primary), mailbox: plain(mailbox) };
  return { type: 'SOA', soa: { ...names, serial, refresh, retry, expire, minimum } };
}

/** Several strings in one record (RFC 1035 section 3.3.14), each 255 octets at most. */
function txtOf(fields: readonly string[]): Rdata | undefined {
  const strings = fields.map((field) => Buffer.from(unquoted(field)));
  if (strings.length === 0 || strings.some((string) => string.length > 255)) return undefined;
  const bytes = Buffer.concat(strings.flatMap((string) => [Uint8Array.of(string.length), string]));
  return { type: 'raw', code: TYPE.TXT, bytes };
}

function mxOctets(preference: number, target: string): Uint8Array {
  const name = encodeName(target);
  const bytes = new Uint8Array(2 + name.length);
  putU16(bytes, 0, preference);
  bytes.set(name, 2);
  return bytes;
}

function numberOf(text: string | undefined, most: number): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) && Number(text) <= most ? Number(text) : undefined;
}

function isTarget(text: string): boolean {
  return text !== '' && isName(text);
}

/** Without the dot at the end, as names are held here. */
function plain(name: string): string {
  return splitName(name).join('.');
}

function unquoted(text: string): string {
  const inner = text.startsWith('"') ? text.slice(1, -1) : text;
  return inner.replaceAll(/\\(.)/g, '$1');
}
