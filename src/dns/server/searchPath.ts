/**
 * Going through a pod's search list on its behalf. With `ndots:5` a pod asks for `example.com` under three names of
 * the cluster and those of its node before it asks for the name itself, each time for A and AAAA: here the first
 * question is answered with an alias for the name that the last one would have found.
 *
 * Answered is what the client would have come to by itself, or nothing is done: then it gets its denial and goes on.
 */
import { type Domain, labelsBelow } from '../answers/domains.ts';
import { canonicalIP } from '../../net/ip.ts';
import { RCODE, TYPE } from '../wire/codes.ts';
import { isName, splitName } from '../wire/name.ts';
import { makeQuery, type Query } from '../wire/query.ts';
import { readAnswer } from '../wire/rawRecords.ts';
import type { Rr } from '../wire/record.ts';
import type { Elsewhere } from './elsewhere.ts';
import type { Parts } from './parts.ts';
import { type Answered, answeredBy } from './step.ts';

/** What one name has of one type. */
interface Looked {
  /** `undefined`: could not be learned. */
  readonly rcode: number | undefined;
  readonly records: readonly Rr[];
  readonly truncated: boolean;
  /** Server that told it; empty where none did. */
  readonly upstream: string;
}

const UNKNOWN: Looked = { rcode: undefined, records: [], truncated: false, upstream: '' };

export class SearchPath {
  readonly #parts: Parts;
  readonly #elsewhere: Elsewhere;
  /** What kubelets append for pods: the search list of the node's own resolv.conf. */
  readonly #nodeSearch: readonly string[];

  constructor(parts: Parts, elsewhere: Elsewhere, nodeSearch: readonly string[]) {
    this.#parts = parts;
    this.#elsewhere = elsewhere;
    this.#nodeSearch = nodeSearch;
  }

  /**
   * The names that a client would ask for next, in order; `undefined` where the question is not the first of a
   * search. Only a name in the client's own namespace is: an address that has gone to another pod is not mistaken.
   */
  next(query: Query, domain: Domain, client: string): readonly string[] | undefined {
    // Both families are there: a host that has one of them must not be denied for the other.
    if ((query.type !== TYPE.A && query.type !== TYPE.AAAA) || domain.reverse !== undefined) return undefined;
    const namespace = this.#parts.answers.resolver.searchNamespaceOf(canonicalIP(client) ?? '');
    const labels = labelsBelow(query, domain);
    if (namespace === undefined || labels.length < 3) return undefined;
    if (labels.at(-1) !== 'svc' || labels.at(-2) !== namespace) return undefined;
    const name = labels.slice(0, -2).join('.');
    const suffixes = [`.svc.${domain.name}`, `.${domain.name}`, ...this.#nodeSearch.map((one) => `.${one}`)];
    return [...suffixes.map((suffix) => `${name}${suffix}`), name].filter(isName);
  }

  /** The reply to a question that outlives its packet; `deny` gives the one that it gets where nothing is found. */
  async answer(
    query: Query,
    domain: Domain,
    names: readonly string[],
    limit: number,
    deny: () => Answered,
  ): Promise<Answered> {
    for (const name of names) {
      const own = await this.#look(name, query.type, domain);
      const found = hasAddress(own);
      // The other family decides with this one: both questions of a client must lead to the same name.
      const other = found ? own : await this.#look(name, otherFamily(query.type), domain);
      if (own.rcode === undefined || other.rcode === undefined) {
        return answeredBy('search', this.#elsewhere.failure(query, undefined, limit));
      }
      if (found || hasAddress(other)) return this.#alias(query, domain, name, own, limit);
      // It exists without an address: some resolvers end their search there and some do not, so they may choose.
      if (own.rcode !== RCODE.NXDOMAIN || other.rcode !== RCODE.NXDOMAIN) return deny();
    }
    return deny();
  }

  #alias(query: Query, domain: Domain, target: string, looked: Looked, limit: number): Answered {
    const owner = [...labelsBelow(query, domain), domain.name].join('.');
    // Which name is the right one may change with any name before it: remembered as briefly as a denial.
    const ttl = this.#parts.answers.resolver.lifetimes.denial;
    const alias: Rr = { owner, ttl, data: { type: 'CNAME', target } };
    const { records, truncated, upstream } = looked;
    const reply = this.#elsewhere.chain(query, domain, { answers: [alias, ...records], truncated }, limit);
    return { reply, step: 'search', upstream };
  }

  async #look(name: string, type: number, domain: Domain): Promise<Looked> {
    if (name.endsWith(`.${domain.name}`)) return this.#lookHere(name, type, domain);
    const { reply, step, upstream } = await this.#elsewhere.ask(makeQuery(name, type));
    if (step === 'refused') return { ...UNKNOWN, rcode: RCODE.NXDOMAIN };
    const answer = reply === undefined ? undefined : readAnswer(reply);
    if (answer?.rcode !== RCODE.NOERROR && answer?.rcode !== RCODE.NXDOMAIN) return UNKNOWN;
    return { rcode: answer.rcode, records: answer.answers, truncated: answer.truncated, upstream };
  }

  #lookHere(name: string, type: number, domain: Domain): Looked {
    const labels = splitName(name.slice(0, -domain.name.length - 1));
    const found = this.#parts.answers.resolver.resolve({
      labels,
      domain: domain.name,
      reverse: undefined,
      type,
    });
    // An alias that leads outside is found by those who ask for it.
    const records = found.outside === undefined ? found.answers : [];
    return { ...UNKNOWN, rcode: found.rcode === RCODE.SERVFAIL ? undefined : found.rcode, records };
  }
}

function otherFamily(type: number): number {
  return type === TYPE.A ? TYPE.AAAA : TYPE.A;
}

function hasAddress({ rcode, records }: Looked): boolean {
  return (
    rcode === RCODE.NOERROR &&
    records.some(({ data }) =>
      data.type === 'raw'
        ? data.code === TYPE.A || data.code === TYPE.AAAA
        : data.type === 'A' || data.type === 'AAAA',
    )
  );
}
