/** From what a flag or a file says to a value; each takes text as well as the file's own types. */
import { type Cidr, parseCidr } from '../../net/cidr.ts';
import { canonicalIP } from '../../net/ip.ts';
import { type DnsServer, formatDnsServer, parseDnsServer } from '../../net/dnsServer.ts';
import { parseSocketAddress, type SocketAddress } from '../../net/socketAddress.ts';

export interface Reader<T> {
  /** Ends the sentence `"x" is no …`. */
  readonly expected: string;
  /** The value, or `INVALID`; `undefined` is a value of some settings. */
  read(given: unknown): T | typeof INVALID;
  /** The value as it can be given again, where that is not the value itself. */
  write?(value: T): unknown;
}

export const INVALID: unique symbol = Symbol('invalid');

/** In seconds. */
const UNITS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001 };

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

export const text: Reader<string> = {
  expected: 'text',
  read: (given) => (typeof given === 'string' ? given : INVALID),
};

export const yesNo: Reader<boolean> = {
  expected: 'true or false',
  read: (given) => booleanOf(given, 'true', 'false'),
};

export const onOff: Reader<boolean> = {
  expected: 'on or off',
  read: (given) => booleanOf(given, 'on', 'off'),
};

/** Go's notation of durations, in whole seconds: kube-proxy's flags and files have it. */
export const seconds: Reader<number> = {
  expected: 'duration such as 24h or 1h30m',
  read(given) {
    const found = durationOf(given);
    return found === undefined ? INVALID : Math.floor(found);
  },
  write: (value) => `${value}s`,
};

/** The same, in milliseconds, both ends included. */
export function milliseconds(least: number, most: number): Reader<number> {
  return {
    expected: `duration from ${least} ms to ${most / 1000} s, such as 250ms or 1h30m`,
    read(given) {
      const found = Math.round(1000 * (durationOf(given) ?? Number.NaN));
      return found >= least && found <= most ? found : INVALID;
    },
    write: (value) => (value % 1000 === 0 ? `${value / 1000}s` : `${value}ms`),
  };
}

/** In seconds. */
function durationOf(given: unknown): number | undefined {
  const whole = typeof given === 'string' ? given : '';
  if (given === 0 || whole === '0') return 0;
  if (!/^(\d+(\.\d+)?(h|m|s|ms))+$/.test(whole)) return undefined;
  const parts = [...whole.matchAll(/([\d.]+)(h|ms|m|s)/g)];
  return parts.reduce((total, [, number, unit]) => total + Number(number) * (UNITS[unit ?? ''] ?? 0), 0);
}

/** Of a network interface, or how its name starts; empty is none. As the kernel's dev_valid_name, and no wildcard. */
export function interfaceName(length: number): Reader<string> {
  return {
    expected: `name of an interface, ${length} characters at most`,
    read: (given) =>
      typeof given === 'string' && given.length <= length && /^[^\s/:+"\\!]*$/.test(given) ? given : INVALID,
  };
}

function booleanOf(given: unknown, yes: string, no: string): boolean | typeof INVALID {
  if (typeof given === 'boolean') return given;
  if (given === yes || given === 'true') return true;
  return given === no || given === 'false' ? false : INVALID;
}

/** Both ends included. */
export function whole(min: number, max: number): Reader<number> {
  return {
    expected: `whole number from ${min} to ${max}`,
    read(given) {
      const value = typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given;
      return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
        ? value
        : INVALID;
    },
  };
}

/** More than a node's cores are of no use. */
const MAX_THREADS = 16;

export const threads: Reader<number | 'auto'> = {
  expected: `auto or whole number from 0 to ${MAX_THREADS}`,
  read: (given) => (given === 'auto' ? given : whole(0, MAX_THREADS).read(given)),
};

/** One of these words, spelled exactly so. */
export function oneOf<const T extends string>(choices: readonly T[]): Reader<T> {
  return {
    expected: choices.join(', ').replace(/, ([^,]*)$/, ' or $1'),
    read: (given) => choices.find((choice) => choice === given) ?? INVALID,
  };
}

/** Lower case without a trailing dot. */
export const domain: Reader<string> = {
  expected: 'domain name',
  read(given) {
    if (typeof given !== 'string') return INVALID;
    const name = given.toLowerCase().replace(/\.$/, '');
    return name.length <= 253 && name.split('.').every((label) => DNS_LABEL.test(label)) ? name : INVALID;
  },
};

/** A Node's name: a DNS subdomain (API validation), which the host's name in capitals is not. */
export const nodeName: Reader<string> = {
  expected: 'name of a Node',
  read(given) {
    const name = typeof given === 'string' ? given.trim().toLowerCase() : '';
    return name.length <= 253 && DNS_SUBDOMAIN.test(name) ? name : INVALID;
  },
};

/** As labels have it, `example.com/not-yet`; empty is none. */
export const taintKey: Reader<string> = {
  expected: 'key of a taint',
  read(given) {
    if (typeof given !== 'string') return INVALID;
    const [name = '', prefix, ...more] = given.split('/').toReversed();
    const prefixed = prefix === undefined || (prefix.length <= 253 && DNS_SUBDOMAIN.test(prefix));
    const named = name.length <= 63 && /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(name);
    return given === '' || (named && prefixed && more.length === 0) ? given : INVALID;
  },
};

export const namespacedName: Reader<string> = {
  expected: 'NAMESPACE/NAME',
  read(given) {
    const parts = typeof given === 'string' ? given.split('/') : [];
    return parts.length === 2 && parts.every((part) => DNS_LABEL.test(part)) ? parts.join('/') : INVALID;
  },
};

export const namespacedNames: Reader<readonly string[]> = listOf('list of NAMESPACE/NAME', (item) => {
  const name = namespacedName.read(item);
  return name === INVALID ? undefined : name;
});

export const cidrs: Reader<readonly Cidr[]> = listOf('list of ranges such as 10.0.0.0/8', parseCidr);

/** Ranges, or the one word `primary`. */
export const nodePortRanges: Reader<'primary' | readonly Cidr[]> = {
  expected: 'list of ranges such as 192.168.0.0/16, and not primary alone either',
  read(given) {
    const items = itemsOf(given);
    return items?.length === 1 && items[0] === 'primary' ? 'primary' : cidrs.read(given);
  },
};

/** At most one a family: traffic from outside the range of its family is masqueraded. */
export const cidrPerFamily: Reader<readonly Cidr[]> = {
  expected: 'range such as 10.244.0.0/16, one for each family at most',
  read(given) {
    const found = cidrs.read(given);
    return found === INVALID || new Set(found.map((cidr) => cidr.family)).size < found.length
      ? INVALID
      : found;
  },
};

/** Canonical. */
export const addresses: Reader<readonly string[]> = listOf('list of IP addresses', canonicalIP);

/** Without a default port, each item must name its own. */
export function socketAddresses(defaultPort?: number): Reader<readonly SocketAddress[]> {
  const port = defaultPort === undefined ? ':PORT' : '[:PORT]';
  return listOf(`list of ADDRESS${port}`, (item) => parseSocketAddress(item, defaultPort));
}

/** A place to serve on; empty turns it off, as kube-proxy has it. */
export function bindAddress(defaultPort: number): Reader<SocketAddress | undefined> {
  return {
    expected: 'ADDRESS[:PORT]',
    read(given) {
      if (given === '') return undefined;
      return (typeof given === 'string' ? parseSocketAddress(given, defaultPort) : undefined) ?? INVALID;
    },
  };
}

export const dnsServers: Reader<readonly DnsServer[]> = listOf(
  'list of ADDRESS[:PORT] or tls://ADDRESS[:PORT][#NAME]',
  parseDnsServer,
);

/** Servers, `none`, or nothing said. */
export const forwarders: Reader<'resolv.conf' | readonly DnsServer[]> = {
  expected: 'list of ADDRESS[:PORT] or tls://ADDRESS[:PORT][#NAME], and not none either',
  read(given) {
    const items = itemsOf(given);
    if (items?.length === 1 && items[0] === 'none') return [];
    if (items?.length === 1 && items[0] === 'resolv.conf') return 'resolv.conf';
    return dnsServers.read(given);
  },
  write: (value) => (value === 'resolv.conf' ? value : value.map(formatDnsServer)),
};

function listOf<T>(expected: string, parse: (item: string) => T | undefined): Reader<readonly T[]> {
  return {
    expected,
    read(given) {
      const items = itemsOf(given)?.map(parse);
      if (items === undefined) return INVALID;
      const good = items.filter((item) => item !== undefined);
      return good.length === items.length ? good : INVALID;
    },
  };
}

/** Items of a list, of a text with commas, or of a flag given several times with commas in each. */
function itemsOf(given: unknown): string[] | undefined {
  const parts: unknown[] = Array.isArray(given) ? given : [given];
  if (!parts.every((part) => typeof part === 'string')) return undefined;
  return parts
    .flatMap((part) => part.split(','))
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
