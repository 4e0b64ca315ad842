/** The records that places hold. */
import type { Family } from '../../../net/ip.ts';
import { TYPE } from '../../wire/codes.ts';
import type { Rr, Soa } from '../../wire/record.ts';
import type { Place } from '../names/place.ts';
import { type NameServer, nameServerRecords } from './authority.ts';
import { addressRecords, type Found, NO_RECORDS, serviceRecords } from './records.ts';
import type { Lifetimes } from './ttl.ts';

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

export class PlaceRecords {
  readonly #home: string;
  readonly #lifetimes: Lifetimes;
  readonly #servers: () => readonly NameServer[];
  readonly #soa: (domain: string) => Soa;

  /** `home` is the cluster domain, which reverse names point to. */
  constructor(
    home: string,
    lifetimes: Lifetimes,
    servers: () => readonly NameServer[],
    soa: (domain: string) => Soa,
  ) {
    this.#home = home;
    this.#lifetimes = lifetimes;
    this.#servers = servers;
    this.#soa = soa;
  }

  /** Empty when the place has none of the asked type. */
  of(question: Question, place: Exclude<Place, { kind: 'absent' | 'alias' }>): Found {
    const { type, domain } = question;
    const owner = [...question.labels, domain].join('.');
    if (type === TYPE.ANY) return answerToAny(owner, this.#lifetimes.service);
    switch (place.kind) {
      case 'empty':
        return NO_RECORDS;
      case 'apex':
        return this.#apex(owner, type, domain);
      case 'version':
        if (type !== TYPE.TXT) return NO_RECORDS;
        return only({ owner, ttl: SCHEMA_TTL, data: { type: 'TXT', text: SCHEMA_VERSION } });
      case 'nameServer': {
        const addresses = this.#servers().flatMap((server) => server.addresses);
        return { answers: addressRecords(owner, this.#lifetimes.service, addresses, type), additional: [] };
      }
      case 'pod':
        return {
          answers: addressRecords(owner, this.#lifetimes.endpoint, [place.address], type),
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
    const ttl = place.lasting ? this.#lifetimes.service : this.#lifetimes.endpoint;
    if (type === TYPE.SRV) return serviceRecords(owner, ttl, place.hosts, this.#home);
    const addresses = place.hosts.flatMap((host) => host.addresses);
    return { answers: addressRecords(owner, ttl, addresses, type), additional: [] };
  }

  #apex(owner: string, type: number, domain: string): Found {
    if (type === TYPE.SOA) {
      return only({ owner, ttl: this.#lifetimes.denial, data: { type: 'SOA', soa: this.#soa(domain) } });
    }
    if (type !== TYPE.NS) return NO_RECORDS;
    return nameServerRecords(owner, this.#lifetimes.service, this.#servers(), this.#home);
  }

  #pointers(owner: string, place: Extract<Place, { kind: 'pointer' }>): Found {
    const ttl = place.lasting ? this.#lifetimes.service : this.#lifetimes.endpoint;
    return {
      answers: place.targets.map((name) => pointer(owner, ttl, `${name}.${this.#home}`)),
      additional: [],
    };
  }
}

/** RFC 8482 section 4.2: one small record says that ANY is not a way to get them all. */
export function answerToAny(owner: string, ttl: number): Found {
  return only({ owner, ttl, data: { type: 'HINFO', cpu: 'RFC8482', os: '' } });
}

function only(record: Rr): Found {
  return { answers: [record], additional: [] };
}

function pointer(owner: string, ttl: number, target: string): Rr {
  return { owner, ttl, data: { type: 'PTR', target } };
}
