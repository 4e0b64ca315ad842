/** Names and addresses as /etc/hosts has them, found by name and by address. */
import { familyOf } from '../../net/ip.ts';
import { RCODE, TYPE } from '../wire/codes.ts';
import type { Rr } from '../wire/record.ts';
import { addressOfReverse } from '../zone/names/reverse.ts';
import { zoneOf } from './match.ts';
import type { Hosts, LocalAnswer } from './rule.ts';

const REVERSE = [
  { zone: 'in-addr.arpa', family: 'IPv4' },
  { zone: 'ip6.arpa', family: 'IPv6' },
] as const;

export class HostsTable {
  readonly #hosts: Hosts;
  readonly #addresses = new Map<string, string[]>();
  readonly #names = new Map<string, string[]>();

  constructor(hosts: Hosts) {
    this.#hosts = hosts;
    for (const { address, names } of hosts.entries) {
      for (const name of names) add(this.#addresses, name, address);
      for (const name of names) add(this.#names, address, name);
    }
  }

  /** `undefined`: the question goes on. `name` is lower case without a dot at the end. */
  answer(name: string, type: number): LocalAnswer | undefined {
    if (type === TYPE.PTR) {
      const pointers = this.#pointers(name);
      if (pointers.length > 0) return answered(pointers);
    }
    if (zoneOf(name, this.#hosts.zones) === undefined) return undefined;
    const addresses = this.#addresses.get(name);
    if (addresses === undefined) {
      const through = type === TYPE.PTR || zoneOf(name, this.#hosts.fallthrough) !== undefined;
      // A denial would need a SOA, which no hosts file has.
      return through ? undefined : { ...answered([]), rcode: RCODE.SERVFAIL };
    }
    const family = type === TYPE.A ? 'IPv4' : type === TYPE.AAAA ? 'IPv6' : undefined;
    const { ttl } = this.#hosts;
    return answered(
      addresses
        .filter((address) => familyOf(address) === family)
        .map((address) => ({ owner: name, ttl, data: { type: family === 'IPv6' ? 'AAAA' : 'A', address } })),
    );
  }

  #pointers(name: string): Rr[] {
    const reverse = REVERSE.find(({ zone }) => name.endsWith(`.${zone}`));
    if (reverse === undefined || !this.#hosts.reverse) return [];
    const labels = name.slice(0, -reverse.zone.length - 1).split('.');
    const address = addressOfReverse(labels, reverse.family) ?? '';
    const { ttl } = this.#hosts;
    return (this.#names.get(address) ?? []).map((target) => ({
      owner: name,
      ttl,
      data: { type: 'PTR', target },
    }));
  }
}

function answered(answers: readonly Rr[]): LocalAnswer {
  return { rcode: RCODE.NOERROR, answers, authority: [], additional: [] };
}

/** Each once: a hosts file may say the same in two lines. */
function add(map: Map<string, string[]>, key: string, value: string): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else if (!values.includes(value)) values.push(value);
}
