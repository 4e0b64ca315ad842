/** Answers questions about the cluster's names from one picture. Pure: the same picture, the same answer. */
import type { ChangeSet, Picture } from '../../catalog/picture.ts';
import type { DnsSettings } from '../settings.ts';
import { EDE, RCODE, TYPE } from '../wire/codes.ts';
import type { Rr } from '../wire/record.ts';
import { Contents, type StaleListener } from './contents.ts';
import type { Place } from './names/place.ts';
import { addressOfReverse } from './names/reverse.ts';
import { Zone } from './names/zone.ts';
import { nameServers } from './records/authority.ts';
import { answerToAny, PlaceRecords, type Question } from './records/placeRecords.ts';
import { NO_RECORDS } from './records/records.ts';
import { Soas } from './records/soas.ts';
import { type Lifetimes, lifetimes } from './records/ttl.ts';
import { denied, found, type Resolution } from './resolution.ts';

/** Longer chains of aliases are taken for a loop. */
const MAX_ALIASES = 11;

export class Resolver {
  #settings: DnsSettings;
  readonly #contents = new Contents();
  #lifetimes: Lifetimes;
  #zone: Zone;
  #records: PlaceRecords;
  #serial = 0;
  readonly #soas: Soas;

  constructor(settings: DnsSettings) {
    this.#settings = settings;
    this.#lifetimes = lifetimes(settings);
    this.#soas = new Soas(() => this.#serial, this.#lifetimes.denial);
    this.#zone = new Zone(settings.pods, this.#contents);
    this.#records = this.#makeRecords();
  }

  get lifetimes(): Lifetimes {
    return this.#lifetimes;
  }

  /** Takes other settings; false when they are the same. What was answered under those before must not be kept. */
  configure({ ttl, pods }: Pick<DnsSettings, 'ttl' | 'pods'>): boolean {
    if (ttl === this.#settings.ttl && pods === this.#settings.pods) return false;
    this.#settings = { ...this.#settings, ttl, pods };
    this.#lifetimes = lifetimes(this.#settings);
    this.#zone = new Zone(pods, this.#contents);
    this.#records = this.#makeRecords();
    return true;
  }

  get synced(): boolean {
    return this.#contents.picture.synced;
  }

  /** Seconds since the epoch of the last change that shows in DNS. */
  get serial(): number {
    return this.#serial;
  }

  get nodeName(): string | undefined {
    return this.#contents.picture.node?.name;
  }

  /** Namespace of the pod that has this canonical address and searches as all pods of the cluster do. */
  searchNamespaceOf(address: string): string | undefined {
    const pod = this.#contents.picture.pods.get(address);
    return pod?.clusterSearch === true ? pod.namespace : undefined;
  }

  /** `now` in seconds since the epoch. */
  update(picture: Picture, changes: ChangeSet | undefined, now: number, stale: StaleListener): void {
    const differs = this.#contents.update(picture, changes, stale);
    if (differs || this.#serial === 0) this.#serial = Math.max(now, this.#serial);
  }

  /** Services that there are names of. */
  get services(): number {
    return this.#contents.services.size;
  }

  /** Services of a large change that `work` has still to do with. */
  get unfinished(): number {
    return this.#contents.addresses.waiting;
  }

  /** Does what a large change left over, as long as `goOn`; no answer depends on it. Returns whether there is more. */
  work(goOn: () => boolean): boolean {
    return this.#contents.addresses.work(goOn);
  }

  resolve(question: Question): Resolution {
    const { labels, reverse } = question;
    const place = reverse === undefined ? this.#zone.place(labels) : this.#zone.reversePlace(labels, reverse);
    if (place.kind === 'absent') {
      // Before everything has been read, what is not there yet may still come.
      return this.synced
        ? denied(RCODE.NXDOMAIN, { code: EDE.OTHER, text: place.reason }, place.keeper)
        : denied(RCODE.SERVFAIL, NOT_READY);
    }
    if (place.kind === 'alias') return this.#chase(question, place);
    return found(this.#records.of(question, place), keeperOf(place, question));
  }

  #makeRecords(): PlaceRecords {
    const { clusterDomain, dnsService } = this.#settings;
    const servers = () => nameServers(this.#contents, dnsService, this.#zone.names);
    return new PlaceRecords(clusterDomain, this.#lifetimes, servers, (domain) => this.#soas.of(domain));
  }

  /** Follows aliases as far as they stay in the cluster, so that clients get the whole chain in one reply. */
  #chase(question: Question, alias: Extract<Place, { kind: 'alias' }>): Resolution {
    const { type, domain } = question;
    const ttl = this.#lifetimes.service;
    let owner = [...question.labels, domain].join('.');
    if (type === TYPE.ANY) return found(answerToAny(owner, ttl));
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
    const end = place.kind === 'absent' ? NO_RECORDS : this.#records.of(targetOf(owner, question), place);
    // A chain that ends in nothing is told as nothing: resolvers in the field count on it.
    if (end.answers.length === 0) return found(NO_RECORDS);
    return found({ answers: [...chain, ...end.answers], additional: end.additional });
  }
}

const NOT_READY = { code: EDE.NOT_READY, text: 'cluster state is still being read' } as const;

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
