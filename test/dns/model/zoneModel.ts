/**
 * What a cluster's names must be answered, worked out the plain way: every record of every object is written down
 * first, as in a zone file, and a question is then looked up by its name. It shares no line with the server.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { clusterIPsOf, type DrawnCluster, type DrawnPort, type DrawnService } from './cluster.ts';

export interface Expected {
  readonly rcode: 'NOERROR' | 'NXDOMAIN';
  /** `name. ttl type data`, sorted; the data of a SOA is `…`. */
  readonly answers: readonly string[];
  readonly additional: readonly string[];
}

const ZONE = 'cluster.local';
const LASTING = 30;
const PASSING = 5;
/** Aliases in a row. */
const MAX_CHAIN = 11;
const NOTHING: Expected = { rcode: 'NOERROR', answers: [], additional: [] };
const MISSING: Expected = { rcode: 'NXDOMAIN', answers: [], additional: [] };

/** Someone who is answered for: `web.a.svc.cluster.local` or one endpoint. */
interface Host {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly ports: readonly DrawnPort[];
}

interface Entry {
  /** By type: lines without the owner. */
  readonly records: Map<string, Set<string>>;
  readonly additional: Set<string>;
}

export class ZoneModel {
  readonly #names = new Map<string, Entry>();
  readonly #namespaces: ReadonlySet<string>;

  constructor(cluster: DrawnCluster) {
    this.#namespaces = new Set(cluster.namespaces);
    for (const name of ['', 'svc', 'pod', 'dns', 'ns.dns', 'dns-version']) this.#exists(name);
    this.#add('dns-version', 'TXT', 28_800, '"1.1.0"');
    for (const apex of [ZONE, 'in-addr.arpa', 'ip6.arpa']) {
      this.#put(apex, 'NS', LASTING, `ns.dns.${ZONE}.`);
      this.#put(apex, 'SOA', PASSING, '…');
    }
    for (const namespace of cluster.namespaces) {
      this.#exists(`${namespace}.svc`);
      this.#exists(`${namespace}.pod`);
    }
    const present = cluster.namespaces.flatMap((namespace) =>
      (cluster.services[namespace] ?? []).map((service) => ({ namespace, service })),
    );
    for (const { namespace, service } of present) this.#service(namespace, service);
    // A clusterIP's name is its Service alone, whatever endpoints have the address.
    for (const { namespace, service } of present) {
      if (service.kind !== 'clusterIP') continue;
      for (const ip of clusterIPsOf(namespace, service)) {
        this.#names.delete(reverseOf(ip));
        this.#put(reverseOf(ip), 'PTR', LASTING, `${service.name}.${namespace}.svc.${ZONE}.`);
      }
    }
  }

  /** Every name that was written down, in full. */
  get names(): string[] {
    return [...this.#names.keys()];
  }

  /** What is written down at the name, a line each: `30 A 10.0.0.1`. */
  lines(name: string): string[] {
    return [...(this.#names.get(name)?.records.values() ?? [])].flatMap((lines) => [...lines]);
  }

  ask(name: string, type: string): Expected {
    return this.#follow(name, type, []);
  }

  #follow(name: string, type: string, chain: readonly string[]): Expected {
    const entry = this.#names.get(name) ?? this.#pod(name);
    if (entry === undefined) return MISSING;
    if (type === 'ANY') return { ...NOTHING, answers: [`${name}. ${LASTING} HINFO "RFC8482" ""`] };
    const [alias] = entry.records.get('CNAME') ?? [];
    if (alias === undefined) {
      const own = [...(entry.records.get(type) ?? [])];
      if (own.length === 0) return NOTHING;
      const answers = [...chain, ...own.map((line) => `${name}. ${line}`)].sort();
      return { rcode: 'NOERROR', answers, additional: type === 'SRV' ? [...entry.additional].sort() : [] };
    }
    const target = alias.replace(/^.* (\S+)\.$/, '$1');
    const longer = [...chain, `${name}. ${alias}`];
    if (type === 'CNAME') return { ...NOTHING, answers: longer };
    if (longer.length > MAX_CHAIN) return NOTHING;
    // Nobody is asked who knows names elsewhere: the alias stands alone.
    if (target !== ZONE && !target.endsWith(`.${ZONE}`)) return { ...NOTHING, answers: longer.sort() };
    const end = this.#follow(target, type, longer);
    return end.rcode === 'NXDOMAIN' ? NOTHING : end;
  }

  #service(namespace: string, service: DrawnService): void {
    const base = `${service.name}.${namespace}.svc`;
    if (service.kind === 'external') {
      this.#add(base, 'CNAME', LASTING, `${service.externalName}.`);
      return;
    }
    const endpoints = this.#endpoints(base, service);
    for (const { host } of endpoints) {
      for (const address of host.addresses) this.#put(reverseOf(address), 'PTR', PASSING, `${host.name}.`);
    }
    for (const [name, group] of Map.groupBy(endpoints, ({ host }) => host.name)) {
      this.#hosts(
        name.slice(0, -ZONE.length - 1),
        group.map(({ host }) => host),
        PASSING,
      );
    }
    if (service.kind === 'headless') {
      if (endpoints.length > 0)
        this.#ported(
          base,
          endpoints.map(({ host }) => host),
          PASSING,
        );
      return;
    }
    const addresses = clusterIPsOf(namespace, service);
    this.#ported(base, [{ name: `${base}.${ZONE}`, addresses, ports: service.ports }], LASTING);
  }

  /** Ready ones; one address under one name is one endpoint, with the ports of every slice that it is in. */
  #endpoints(base: string, service: DrawnService): { readonly host: Host }[] {
    const found = new Map<string, Host>();
    for (const { endpoints, ports } of service.slices) {
      for (const { address, hostname, ready } of endpoints) {
        if (!ready) continue;
        const label = hostname === '' ? dashed(address) : hostname;
        const name = `${label}.${base}.${ZONE}`;
        const before = found.get(`${name} ${address}`)?.ports ?? [];
        found.set(`${name} ${address}`, { name, addresses: [address], ports: [...before, ...ports] });
      }
    }
    return [...found.values()].map((host) => ({ host }));
  }

  /** The name itself, and those of its ports: with and without underscores, and `_` for any. */
  #ported(base: string, hosts: readonly Host[], ttl: number): void {
    this.#hosts(base, hosts, ttl);
    const ports = hosts.flatMap((host) => host.ports);
    const names = new Set(['', ...ports.map(({ name }) => name)]);
    const protocols = new Set(['', ...ports.map(({ protocol }) => protocol.toLowerCase())]);
    for (const name of names) {
      for (const protocol of protocols) {
        const matches = (each: DrawnPort): boolean =>
          (name === '' || each.name === name) &&
          (protocol === '' || each.protocol.toLowerCase() === protocol);
        const some = hosts
          .map((host) => ({ ...host, ports: host.ports.filter(matches) }))
          .filter((host) => host.ports.length > 0);
        if (some.length === 0) continue;
        for (const first of name === '' ? ['_'] : [`_${name}`, name]) {
          for (const second of protocol === '' ? ['_'] : [`_${protocol}`, protocol]) {
            this.#hosts(`${first}.${second}.${base}`, some, ttl);
            if (second.startsWith('_')) this.#exists(`${second}.${base}`);
          }
        }
      }
    }
  }

  #hosts(owner: string, hosts: readonly Host[], ttl: number): void {
    this.#exists(owner);
    const pairs = hosts.reduce((sum, { addresses, ports }) => sum + addresses.length * ports.length, 0);
    const weight = Math.max(1, Math.floor(100 / Math.max(1, pairs)));
    for (const { name, addresses, ports } of hosts) {
      for (const address of addresses) this.#add(owner, typeOf(address), ttl, address);
      if (addresses.length === 0) continue;
      for (const { port } of ports) this.#add(owner, 'SRV', ttl, `0 ${weight} ${port} ${name}.`);
      if (ports.length === 0) continue;
      for (const address of addresses) {
        this.#entry(inZone(owner)).additional.add(`${name}. ${ttl} ${typeOf(address)} ${address}`);
      }
    }
  }

  /** `10-1-0-1.NAMESPACE.pod` is not written down but spelled out. */
  #pod(name: string): Entry | undefined {
    const [, label = '', namespace = ''] = /^([^.]+)\.([^.]+)\.pod\.cluster\.local$/.exec(name) ?? [];
    if (!this.#namespaces.has(namespace)) return undefined;
    const four = label.replaceAll('-', '.');
    const six = label.replaceAll('-', ':');
    const address = isIPv4(four) ? four : isIPv6(six) ? shortest(six) : undefined;
    if (address === undefined) return undefined;
    const records = new Map([[typeOf(address), new Set([`${PASSING} ${typeOf(address)} ${address}`])]]);
    return { records, additional: new Set() };
  }

  #add(name: string, type: string, ttl: number, data: string): void {
    this.#put(inZone(name), type, ttl, data);
  }

  #put(name: string, type: string, ttl: number, data: string): void {
    const { records } = this.#entry(name);
    const lines = records.get(type) ?? new Set();
    records.set(type, lines.add(`${ttl} ${type} ${data}`));
  }

  #exists(name: string): void {
    this.#entry(inZone(name));
  }

  #entry(name: string): Entry {
    const entry = this.#names.get(name) ?? { records: new Map(), additional: new Set() };
    this.#names.set(name, entry);
    return entry;
  }
}

function inZone(name: string): string {
  return name === '' ? ZONE : `${name}.${ZONE}`;
}

function typeOf(address: string): string {
  return isIPv4(address) ? 'A' : 'AAAA';
}

function dashed(address: string): string {
  return address.replaceAll(/[.:]/g, '-').replace(/-$/, '-0');
}

/** RFC 5952's text, by the URL parser. */
function shortest(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

export function reverseOf(address: string): string {
  if (isIPv4(address)) return `${address.split('.').toReversed().join('.')}.in-addr.arpa`;
  const [head = '', tail] = address.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const known = [groups(head), groups(tail ?? '')] as const;
  const zeros =
    tail === undefined ? [] : Array.from({ length: 8 - known[0].length - known[1].length }, () => '0');
  const digits = [...known[0], ...zeros, ...known[1]].map((group) => group.padStart(4, '0')).join('');
  return `${digits.split('').toReversed().join('.')}.ip6.arpa`;
}
