/** Replies from ready answers. Every thread that answers runs this, and so all say the same. */
import { domainAt, type Domain, type Domains, ELSEWHERE } from '../answers/domains.ts';
import type { Key } from '../answers/memory.ts';
import { emptyReady, type Ready } from '../answers/ready.ts';
import type { ReplyWriter, Verdict } from '../answers/writer.ts';
import type { HotReader } from '../cache/hotReplies.ts';
import { CLASS, FLAG } from '../wire/codes.ts';
import type { Query } from '../wire/query.ts';
import type { Soa } from '../wire/record.ts';
import type { Soas } from '../zone/records/soas.ts';

/** How a packet came. */
export interface Link {
  readonly protocol: 0 | 1;
  readonly family: 0 | 1;
  /** Octets that a reply may have where the client allows it. */
  readonly limit: number;
}

const TCP = 1;
/** RFC 1035 section 4.2.1: what a client without EDNS takes. */
const PLAIN_UDP = 512;

export interface ReadyParts {
  readonly table: { find(key: Key, into: Ready): boolean };
  readonly domains: Domains;
  readonly soas: Soas;
  readonly writer: ReplyWriter;
  /** Whether other names are forwarded: clients are told that recursion is available. */
  readonly forwards: () => boolean;
  /** Whether names of a domain must be left to somebody else; none, if absent. */
  readonly isHeld?: (domain: number) => boolean;
  /** Replies of others; none, if absent. */
  readonly hot?: HotReader;
}

export class ReadyReplies {
  /** Where the last reply came from. */
  step: 'zone' | 'cache' = 'zone';
  readonly #parts: ReadyParts;
  readonly #ready = emptyReady();
  readonly #verdict: { flags: number; soa: Soa | undefined; zoneAt: number } = {
    flags: 0,
    soa: undefined,
    zoneAt: 0,
  };

  constructor(parts: ReadyParts) {
    this.#parts = parts;
  }

  /**
   * Writes the reply to a query, one that `Query.read` found nothing wrong with, to the beginning of `out`. Returns
   * its octets; 0 where no answer is ready. Allocates nothing, but for replies that must be cut or are long.
   */
  writeInto(out: Uint8Array, query: Query, link: Link): number {
    const { table, domains, writer, isHeld } = this.#parts;
    if (query.class !== CLASS.IN) return 0;
    if (!table.find(query, this.#ready)) return this.#writeHot(out, query, link);
    const domain = domains.of(query);
    if (domain === undefined || isHeld?.(domain.index) === true) return 0;
    this.step = 'zone';
    const verdict = this.verdict(query, domain, this.#ready);
    return writer.writeInto(out, query, this.#ready, verdict, limitOf(query, link));
  }

  #writeHot(out: Uint8Array, query: Query, link: Link): number {
    const { hot, isHeld } = this.#parts;
    if (hot === undefined || isHeld?.(ELSEWHERE) === true) return 0;
    this.step = 'cache';
    return hot.writeInto(out, query, limitOf(query, link));
  }

  /** What is said besides an answer about a name of ours. Reused: it holds until the next one. */
  verdict(query: Query, domain: Domain, ready: Ready): Verdict {
    const verdict = this.#verdict;
    verdict.flags = FLAG.AA | this.recursion(query);
    verdict.soa = ready.answers === 0 ? this.#parts.soas.of(domain.name) : undefined;
    verdict.zoneAt = domainAt(query, domain);
    return verdict;
  }

  /** RA, where the client asks for recursion and there is some. */
  recursion(query: Query): number {
    return (query.flags & FLAG.RD) !== 0 && this.#parts.forwards() ? FLAG.RA : 0;
  }
}

/** Octets that the reply may have. */
export function limitOf(query: Query, link: Link): number {
  if (link.protocol === TCP) return link.limit;
  return query.edns.present ? Math.min(query.edns.udpSize, link.limit) : PLAIN_UDP;
}
