/**
 * Answers to questions about the cluster's names. An answer is made when it is first asked for and kept, ready to
 * be copied, until a change set touches the Service that it was made from.
 *
 * Made when first asked for, and not for every name at each change, because a node's pods ask for few of the
 * cluster's names. But what was asked for before is made again at once when it changes, if threads answer: they then
 * need not wait for this one. With 10,000 Services and 50,000 endpoints all answers take 3 to 5 s to make and 36 MB to
 * keep, a single one some 15 us; and one pod that comes or goes in a Service of 5,000 would mean 15,000 new answers.
 */
import type { ChangeSet, Picture } from '../../catalog/picture.ts';
import type { DnsSettings } from '../settings.ts';
import { BodyBuilder } from '../wire/builder.ts';
import { RCODE, TYPE } from '../wire/codes.ts';
import { Query, questionFor } from '../wire/query.ts';
import type { Rr } from '../wire/record.ts';
import { Resolver } from '../zone/resolver.ts';
import type { Resolution } from '../zone/resolution.ts';
import { type Domain, Domains, ELSEWHERE, labelsBelow } from './domains.ts';
import type { Order } from './order.ts';
import { clear, emptyReady, type Ready, setError } from './ready.ts';
import { SharedState } from './sharedState.ts';
import { AnswerTable } from './table.ts';

/** Of one changed Service, so many answers are made again at once: its addresses, ports, and some of its endpoints. */
const MOST_OF_ONE = 16;
/** And of all that changed together so many Services', some ms of work. The others wait to be asked for. */
const MOST_OWNERS = 64;

export interface AnswersOptions {
  /** As that of the queries that will ask. */
  readonly seed?: number;
  /** Whether what was kept is made again as soon as it is void. */
  readonly refreshes?: () => boolean;
}

/** What came of a question. `ready` is reused: it holds until the next one. */
export interface Outcome {
  readonly domain: Domain;
  readonly resolution: Resolution;
  readonly ready: Ready;
}

export class Answers {
  readonly resolver: Resolver;
  readonly state: SharedState = new SharedState();
  readonly table: AnswerTable = new AnswerTable(this.state);
  readonly domains: Domains;
  readonly #builder = new BodyBuilder();
  readonly #order: Order;
  /** Where a denial may be the first step of somebody's search, who asks matters. */
  readonly #denialsDepend: boolean;
  readonly #ready: Ready = emptyReady();
  readonly #refreshes: () => boolean;
  readonly #query: Query;

  constructor(settings: DnsSettings, order: Order, { seed, refreshes = () => false }: AnswersOptions = {}) {
    this.resolver = new Resolver(settings);
    this.domains = new Domains(settings.clusterDomain);
    this.#order = order;
    this.#denialsDepend = settings.search !== undefined;
    this.#refreshes = refreshes;
    this.#query = new Query(seed);
  }

  /**
   * `now` in seconds since the epoch. Touches what was made from changed Services, and nothing else. Until it returns
   * every thread answers from the old state, or not at all; from then on from the new one.
   */
  update(picture: Picture, changes: ChangeSet | undefined, now: number): void {
    const { resolver, state } = this;
    const { synced, serial } = resolver;
    const stale = new Set<string | undefined>();
    // Before anything was kept, as at the start with all there is, nothing can be stale.
    const empty = this.table.size === 0;
    resolver.update(picture, changes, now, empty ? () => undefined : (keeper) => void stale.add(keeper));
    if (stale.size === 0 && synced === resolver.synced && serial === resolver.serial) return;
    const asked = this.#refreshes() ? this.#keysOf(stale) : [];
    state.change(() => {
      // What nobody could deny before may be denied now, and the other way round.
      if (stale.has(undefined) || synced !== resolver.synced) state.bumpAll();
      else for (const keeper of stale) if (keeper !== undefined) state.bump(keeper);
      state.setSerial(resolver.serial);
    });
    for (const key of asked) this.#refresh(key);
  }

  #keysOf(stale: ReadonlySet<string | undefined>): Uint8Array[] {
    // Then nearly everything is void.
    if (stale.has(undefined)) return [];
    const owners = [...stale].slice(0, MOST_OWNERS).map((keeper) => this.state.numberOf(keeper ?? ''));
    return owners.flatMap((owner) => this.table.keysOf(owner, MOST_OF_ONE));
  }

  #refresh(key: Uint8Array): void {
    if (this.#query.read(questionFor(key)) === RCODE.NOERROR) this.answer(this.#query);
  }

  /** Takes other settings of the zone; every kept answer is made anew. */
  configure(zone: Pick<DnsSettings, 'ttl' | 'pods'>): void {
    this.state.change(() => {
      if (this.resolver.configure(zone)) this.state.bumpAll();
    });
  }

  /** Leaves the domains of which this is true to the main thread, and all other names where `elsewhere` is. */
  hold(isHeld: (domain: string) => boolean, elsewhere: boolean): void {
    const held = this.domains.all.filter(({ name }) => isHeld(name)).map(({ index }) => index);
    this.state.setHeld(elsewhere ? [...held, ELSEWHERE] : held);
  }

  /** Works a question out that has no ready answer; `undefined` when the name is not in one of our domains. */
  answer(query: Query): Outcome | undefined {
    const domain = this.domains.of(query);
    if (domain === undefined) return undefined;
    const { name, reverse } = domain;
    const labels = labelsBelow(query, domain);
    const resolution = this.resolver.resolve({ labels, domain: name, reverse, type: query.type });
    const ready = this.#ready;
    this.lay(query, [...labels, name].join('.'), resolution, ready);
    const depends = this.#denialsDepend && resolution.rcode !== RCODE.NOERROR;
    if (resolution.keeper !== undefined && isKept(query.type) && !depends) {
      this.table.put(query, this.state.numberOf(resolution.keeper), ready);
    }
    return { domain, resolution, ready };
  }

  /** Lays a resolution's records out behind the question for `name`, lower-cased text. */
  lay(query: Query, name: string, resolution: Resolution, into: Ready): void {
    const answers = this.#ordered(resolution.answers);
    const { additional } = resolution;
    clear(into);
    into.rcode = resolution.rcode;
    setError(into, resolution.error);
    if (answers.length === 0) return;
    const body = this.#builder.build(name, query.nameLength, { answers, authority: [], additional });
    into.bytes = body.bytes;
    into.length = body.bytes.length;
    [into.answers, , into.additional] = body.counts;
    into.whole = body.whole;
    into.spelled = answers.some((record) => record.data.type === 'SRV');
    into.stride = strideOf(name, answers);
  }

  /** Addresses behind aliases are shuffled here; those of the asked name itself for each reply. */
  #ordered(answers: readonly Rr[]): readonly Rr[] {
    if (answers[0]?.data.type !== 'CNAME') return answers;
    const isAddress = (record: Rr): boolean => record.data.type === 'A' || record.data.type === 'AAAA';
    const chain = answers.filter((record) => !isAddress(record));
    // Somebody else's records stand as they came: an alias among them must precede what it leads to.
    return [...chain, ...this.#order.shuffled(answers.filter(isAddress))];
  }
}

/** Types that clients really ask Services for; others are worked out each time, so that no client can fill memory. */
function isKept(type: number): boolean {
  switch (type) {
    case TYPE.A:
    case TYPE.AAAA:
    case TYPE.SRV:
    case TYPE.PTR:
    case TYPE.HTTPS:
      return true;
    default:
      return false;
  }
}

/** Octets of one record when all are addresses of one family at the asked name: pointer, fixed fields, address. */
function strideOf(name: string, answers: readonly Rr[]): number {
  const type = answers[0]?.data.type;
  if (type !== 'A' && type !== 'AAAA') return 0;
  const alike = answers.every((record) => record.data.type === type && record.owner === name);
  return !alike ? 0 : type === 'A' ? 16 : 28;
}
