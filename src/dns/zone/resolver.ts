/** Answers questions about the cluster's names from one picture. Pure: the same picture, the same answer. */
import type { ChangeSet, Picture } from '../../catalog/picture.ts';
import type { Family } from '../../net/ip.ts';
import type { DnsSettings } from '../settings.ts';
import { EDE, RCODE, TYPE } from '../wire/codes.ts';
import type { Rr, Soa } from '../wire/record.ts';
import { nameServerRecords, nameServers, soaOf } from './authority.ts';
import { Contents, type StaleListener } from './contents.ts';
import type { Place } from './place.ts';
import { addressRecords, type Found, NO_RECORDS, serviceRecords } from './records.ts';
import { denied, found, type Resolution } from './resolution.ts';
import { addressOfReverse } from './reverse.ts';
import { type Lifetimes, lifetimes } from './ttl.ts';
import { Zone } from './zone.ts';

/** Longer chains of aliases are taken for a loop. */
const MAX_ALIASES = 11;
/** The version of Kubernetes' DNS schema that the zone keeps to; it never changes while we run. */
const SCHEMA_VERSION = '1.1.0';
const SCHEMA_TTL = 28_800;

export interface Question {
  /** Labels left of the domain, leftmost first, lower case, in master-file text. */
  readonly labels: readonly string[];
  readonly domain: string;
  /** Set for the domains of reverse names. */
  readonly reverse: Family | undefined;
  readonly type: number;
}

export class Resolver {
  readonly lifetimes: Lifetimes;
  readonly #settings: DnsSettings;
  readonly #contents = new Contents();
  readonly #zone: Zone;
  #serial = 0;
  /** Made anew for each serial: denials are frequent. */
  readonly #soas = new Map<string, Soa>();

  constructor(settings: DnsSettings) {
    this.#settings = settings;
    this.lifetimes = lifetimes(settings);
    this.#zone = new Zone(settings.pods, this.#contents);
  }

  /** Seconds since the epoch of the last change that shows in DNS. */
  get serial(): number {
    return this.#serial;
  }

  get synced(): boolean {
    return this.#contents.picture.synced;
  }

  get nodeName(): string | undefined {
    return this.#contents.picture.node?.name;
  }

  /** `now` in seconds since the epoch. */
  update(picture: Picture, changes: ChangeSet | undefined, now: number, stale: StaleListener): void {
    const differs = this.#contents.update(picture, changes, stale);
    if (!differs && this.#serial !== 0) return;
    this.#serial = Math.max(now, this.#serial);
    this.#soas.clear();
  }

  resolve(question: Question): Resolution {
    const { labels, reverse } = question;
    const place = reverse === undefined ? this.#zone.place(labels) : this.#zone.reversePlace(labels, reverse);
    if (place.kind === 'absent') {
      // Before everything has been read, what is not there yet may still come.
      return this.synced
        ? denied(RCODE.NXDOMAIN, { code: EDE.OTHER, text: place.reason })
        : denied(RCODE.SERVFAIL, NOT_READY);
    }
    if (place.kind === 'alias') return this.#chase(question, place);
    return found(this.#records(question, place), keeperOf(place, question));
  }

  soa(domain: string): Soa {
    let soa = this.#soas.get(domain);
    if (soa === undefined) {
      soa = soaOf(domain, this.#serial, this.lifetimes.denial);
      this.#soas.set(domain, soa);
    }
    return soa;
  }

  #records(question: Question, place: Exclude<Place, { kind: 'absent' | 'alias' }>): Found {
    const { type, domain } = question;
    const owner = [...question.labels, domain].join('.');
    // RFC 8482 section 4.2: one small record says that ANY is not a way to get them all.
    if (type === TYPE.ANY) return only({ owner, ttl: this.lifetimes.service, data: NO_ANY });
    switch (place.kind) {
      case 'empty':
        return NO_RECORDS;
      case 'apex':
        return this.#apex(owner, type, domain);
      case 'version':
        if (type !== TYPE.TXT) return NO_RECORDS;
        return only({ owner, ttl: SCHEMA_TTL, data: { type: 'TXT', text: SCHEMA_VERSION } });
      case 'nameServer': {
        const addresses = this.#nameServers().flatMap((server) => server.addresses);
        return { answers: addressRecords(owner, this.lifetimes.service, addresses, type), additional: [] };
      }
      case 'pod':
        return {
          answers: addressRecords(owner, this.lifetimes.endpoint, [place.address], type),
          additional: [],
        };
      case 'pointer':
        return type === TYPE.PTR ? this.#pointers(owner, place) : NO_RECORDS;
      case 'hosts':
        return this.#hosts(owner, type, place);
      default:
        return place satisfies never;
    }
  }

  #hosts(owner: string, type: number, place: Extract<Place, { kind: 'hosts' }>): Found {
    const ttl = place.lasting ? this.lifetimes.service : this.lifetimes.endpoint;
    if (type === TYPE.SRV) return serviceRecords(owner, ttl, place.hosts, this.#settings.clusterDomain);
    const addresses = place.hosts.flatMap((host) => host.addresses);
    return { answers: addressRecords(owner, ttl, addresses, type), additional: [] };
  }

  #apex(owner: string, type: number, domain: string): Found {
    if (type === TYPE.SOA) {
      return only({ owner, ttl: this.lifetimes.denial, data: { type: 'SOA', soa: this.soa(domain) } });
    }
    if (type !== TYPE.NS) return NO_RECORDS;
    const home = this.#settings.clusterDomain;
    return nameServerRecords(owner, this.lifetimes.service, this.#nameServers(), home);
  }

  #nameServers(): ReturnType<typeof nameServers> {
    return nameServers(this.#contents, this.#settings.dnsService, this.#zone.names);
  }

  #pointers(owner: string, place: Extract<Place, { kind: 'pointer' }>): Found {
    const ttl = place.lasting ? this.lifetimes.service : this.lifetimes.endpoint;
    const home = this.#settings.clusterDomain;
    return {
      answers: place.targets.map((name) => ({
        owner,
        ttl,
        data: { type: 'PTR', target: `${name}.${home}` },
      })),
      additional: [],
    };
  }

  /** Follows aliases as far as they stay in the cluster, so that clients get the whole chain in one reply. */
  #chase(question: Question, alias: Extract<Place, { kind: 'alias' }>): Resolution {
    const { type, domain } = question;
    const ttl = this.lifetimes.service;
    let owner = [...question.labels, domain].join('.');
    if (type === TYPE.ANY) return found(only({ owner, ttl, data: NO_ANY }));
    const chain: Rr[] = [];
    let place: Place = alias;
    while (place.kind === 'alias') {
      const target = place.entry.service.externalName;
      chain.push({ owner, ttl, data: { type: 'CNAME', target } });
      if (type === TYPE.CNAME) return found({ answers: chain, additional: [] }, keeperOf(alias, question));
      if (chain.length > MAX_ALIASES) return found(NO_RECORDS);
      const labels = labelsBelow(target, domain);
      if (labels === undefined) return { ...found({ answers: chain, additional: [] }), outside: target };
      place = this.#zone.place(labels);
      owner = target;
    }
    if (place.kind === 'absent' && !this.synced) return denied(RCODE.SERVFAIL, NOT_READY);
    const end = place.kind === 'absent' ? NO_RECORDS : this.#records(targetOf(owner, question), place);
    // A chain that ends in nothing is told as nothing: resolvers in the field count on it.
    if (end.answers.length === 0) return found(NO_RECORDS);
    return found({ answers: [...chain, ...end.answers], additional: end.additional });
  }
}

const NO_ANY = { type: 'HINFO', cpu: 'RFC8482', os: '' } as const;
const NOT_READY = { code: EDE.NOT_READY, text: 'cluster state is still being read' } as const;

function only(record: Rr): Found {
  return { answers: [record], additional: [] };
}

function targetOf(name: string, question: Question): Question {
  return { ...question, labels: labelsBelow(name, question.domain) ?? [] };
}

/** Labels of `name` left of `domain`; `undefined` when it lies elsewhere. */
function labelsBelow(name: string, domain: string): string[] | undefined {
  if (name === domain) return [];
  return name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1).split('.') : undefined;
}

/** What is left out depends on more than one Service, or is quickly said again. */
function keeperOf(place: Place, question: Question): string | undefined {
  if (place.kind === 'hosts' || place.kind === 'alias') return place.entry.service.key;
  if (place.kind !== 'pointer') return undefined;
  return addressOfReverse(question.labels, question.reverse ?? 'IPv4');
}
