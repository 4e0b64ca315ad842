/** Words of a plugin's line, read strictly: a number that is none makes the file unusable, as it does for CoreDNS. */
import { RCODE, TYPE } from '../../dns/wire/codes.ts';
import { UnusableConfig } from '../place.ts';
import { INVALID, seconds, whole } from '../tables/readers.ts';
import type { Statement } from './statement.ts';

/** @throws UnusableConfig unless it is a whole number in the range */
export function wholeOf(text: string | undefined, min: number, max: number, of: Statement): number {
  const value = whole(min, max).read(text);
  if (value !== INVALID) return value;
  throw new UnusableConfig(of, `${of.name}: ${shown(text)} is no ${whole(min, max).expected}`);
}

/** Seconds of a duration in Go's notation, or of a plain number. @throws UnusableConfig when it is neither */
export function secondsOf(text: string | undefined, of: Statement): number {
  const value = /^\d+$/.test(text ?? '') ? Number(text) : seconds.read(text);
  if (value !== INVALID) return value;
  throw new UnusableConfig(of, `${of.name}: ${shown(text)} is no duration such as 30s or 5m`);
}

/** @throws UnusableConfig when there are fewer words behind the name than `least`, or more than `most` */
export function checkCount(of: Statement, least: number, most: number, usage: string): void {
  if (of.args.length >= least && of.args.length <= most) return;
  throw new UnusableConfig(of, `${of.name}: expected ${usage}`);
}

/** The number of a record type. @throws UnusableConfig when there is none of that name */
export function typeOf(text: string | undefined, of: Statement): number {
  const found = TYPES.get((text ?? '').toUpperCase()) ?? /^TYPE(\d{1,5})$/i.exec(text ?? '')?.[1];
  if (found === undefined) throw new UnusableConfig(of, `${of.name}: ${shown(text)} is no record type`);
  return Number(found);
}

/** The number of an rcode. @throws UnusableConfig when there is none of that name */
export function rcodeOf(text: string | undefined, of: Statement): number {
  const name = (text ?? '').toUpperCase();
  const found = new Map<string, number>(Object.entries(RCODE)).get(name);
  if (found === undefined || found > 15)
    throw new UnusableConfig(of, `${of.name}: ${shown(text)} is no rcode`);
  return found;
}

/** Those that a rule may name beside the ones that this server handles itself. */
const OTHER_TYPES = { NAPTR: 35, DNAME: 39, SSHFP: 44, RRSIG: 46, DNSKEY: 48, TLSA: 52, SVCB: 64, CAA: 257 };
const TYPES = new Map<string, number>([...Object.entries(TYPE), ...Object.entries(OTHER_TYPES)]);

function shown(text: string | undefined): string {
  return text === undefined ? 'nothing' : JSON.stringify(text);
}
