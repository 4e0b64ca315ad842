/** Readers of settings that only DNS has. */
import { QUERY_LOG_CLASSES, type QueryLog } from '../../dns/settings.ts';
import { formatDnsServer } from '../../net/dnsServer.ts';
import { isMapping } from '../mapping.ts';
import type { StubDomain } from '../settings.ts';
import { dnsServers, domain, INVALID, type Reader } from './readers.ts';

const UNITS: Readonly<Record<string, number>> = { '': 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };

/** A number of octets, also in Kubernetes's notation of quantities, powers of two only. */
export const octets: Reader<number> = {
  expected: 'number of octets such as 8Mi',
  read(given) {
    const match = /^(\d{1,12})(|Ki|Mi|Gi)$/.exec(String(given));
    const value = match === null ? INVALID : Number(match[1]) * (UNITS[match[2] ?? ''] ?? 1);
    return typeof given === 'string' || typeof given === 'number' ? value : INVALID;
  },
};

/** `DOMAIN=ADDRESS[:PORT],…`, each domain once; in a file also a mapping from domains to lists of servers. */
export const stubDomains: Reader<readonly StubDomain[]> = {
  expected: 'list of DOMAIN=ADDRESS[:PORT], each domain once',
  read(given) {
    const found = pairsOf(given).map(stubDomain);
    const good = found.filter((item) => item !== undefined);
    const distinct = new Set(good.map((item) => item.domain)).size === found.length;
    return distinct ? good : INVALID;
  },
  write: (value) =>
    Object.fromEntries(value.map(({ domain: name, servers }) => [name, servers.map(formatDnsServer)])),
};

function pairsOf(given: unknown): (readonly [domain: string, servers: unknown])[] {
  if (isMapping(given)) return Object.entries(given);
  const items: unknown[] = Array.isArray(given) ? given : given === '' ? [] : [given];
  return items.map((item) => {
    const text = String(item);
    const at = text.indexOf('=');
    return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
  });
}

function stubDomain([name, given]: readonly [string, unknown]): StubDomain | undefined {
  const zone = domain.read(name.trim());
  const servers = dnsServers.read(given);
  return zone === INVALID || servers === INVALID || servers.length === 0
    ? undefined
    : { domain: zone, servers };
}

export const queryLog: Reader<QueryLog> = {
  expected: 'off, errors, all, or 1/N for one query in N',
  read(given) {
    const everywhere = { domains: [''] };
    // YAML reads a bare off as false.
    if (given === 'off' || given === false) return { classes: [], every: 1, ...everywhere };
    if (given === 'errors') return { classes: ['error'], every: 1, ...everywhere };
    if (given === 'all') return { classes: QUERY_LOG_CLASSES, every: 1, ...everywhere };
    const sampled = typeof given === 'string' ? /^1\/([1-9]\d{0,8})$/.exec(given) : null;
    return sampled === null
      ? INVALID
      : { classes: QUERY_LOG_CLASSES, every: Number(sampled[1]), ...everywhere };
  },
  write({ classes, every }) {
    if (classes.length < QUERY_LOG_CLASSES.length) return classes.length === 0 ? 'off' : 'errors';
    return every === 1 ? 'all' : `1/${every}`;
  },
};
