/** The rules in force, by the zone that a question is in. */
import { CLASS, TYPE } from '../wire/codes.ts';
import { encodeName } from '../wire/name.ts';
import type { Query } from '../wire/query.ts';
import { HostsTable } from './hostsTable.ts';
import { zoneOf } from './match.ts';
import type { LocalAnswer, Rewrite, RuleBlock } from './rule.ts';
import { answerByTemplate } from './templates.ts';

/** Seconds that a client may keep the answer that there is no answer to ANY. */
const ANY_TTL = 8482;

/** The rules of one server block. */
export class RuleList {
  readonly rewrites: readonly Rewrite[];
  readonly #block: RuleBlock;
  readonly #hosts: HostsTable | undefined;

  constructor(block: RuleBlock) {
    this.rewrites = block.rewrites;
    this.#block = block;
    this.#hosts = block.hosts === undefined ? undefined : new HostsTable(block.hosts);
  }

  get empty(): boolean {
    const { rewrites, minimalAny, templates, hosts } = this.#block;
    return rewrites.length === 0 && !minimalAny && templates.length === 0 && hosts === undefined;
  }

  /** What the block's own records and templates say; `undefined`: ask the zone, or others. `name` ends in a dot. */
  answer(name: string, type: number): LocalAnswer | undefined {
    if (this.#block.minimalAny && type === TYPE.ANY) return minimal(name.slice(0, -1));
    return (
      answerByTemplate(this.#block.templates, name, type) ?? this.#hosts?.answer(name.slice(0, -1), type)
    );
  }
}

/** Of all server blocks. The longest zone that a question is in decides, as CoreDNS chooses a server block. */
export class RuleSet {
  /** By the zone's name on the wire, as octets of a text. */
  readonly #lists = new Map<string, RuleList>();
  readonly #blocks: readonly RuleBlock[];

  constructor(blocks: readonly RuleBlock[]) {
    this.#blocks = blocks;
    for (const block of blocks) {
      const list = new RuleList(block);
      for (const zone of block.zones) this.#lists.set(Buffer.from(encodeName(zone)).toString('latin1'), list);
    }
  }

  /** The rules that the question may meet: those of the longest zone that it is in, if there are any. */
  listFor(query: Query): RuleList | undefined {
    // Rules speak of names of the Internet, and no transfer of a zone is answered in any case.
    if (query.class !== CLASS.IN || query.type === TYPE.AXFR || query.type === TYPE.IXFR) return undefined;
    for (let i = 0; i <= query.labelCount; i++) {
      const start = i === query.labelCount ? query.nameLength - 1 : (query.labels[i] ?? 0);
      const list = this.#lists.get(query.key.toString('latin1', start, query.nameLength));
      if (list !== undefined) return list.empty ? undefined : list;
    }
    return undefined;
  }

  /**
   * Whether some rule may have a word in names of this domain: then none of them may be answered past the rules.
   * Where it cannot be told, as of a regex, it may.
   */
  mayTouch(domain: string): boolean {
    // Of the zones that the domain is in, the longest takes it from the others.
    const own = zoneOf(
      domain,
      this.#blocks.flatMap(({ zones }) => zones),
    );
    return this.#blocks.some((block) => {
      const within = block.zones.some((zone) => zone === own || zoneOf(zone, [domain]) !== undefined);
      return within && (touchedByName(block, domain) || touchedByAnswer(block, domain));
    });
  }
}

function touchedByName({ rewrites }: RuleBlock, domain: string): boolean {
  return rewrites.some((rule) => {
    if (rule.field === 'type') return true;
    const { match } = rule;
    if (match.kind !== 'exact' && match.kind !== 'suffix') return true;
    const text = match.text.replace(/^\.|\.$/g, '');
    return match.kind === 'exact' ? zoneOf(text, [domain]) !== undefined : overlaps(text, domain);
  });
}

function touchedByAnswer({ minimalAny, templates, hosts }: RuleBlock, domain: string): boolean {
  if (minimalAny || templates.some(({ zones }) => zones.some((zone) => overlaps(zone, domain)))) return true;
  if (hosts === undefined) return false;
  const reverse = hosts.reverse && zoneOf(domain, ['arpa']) !== undefined;
  const denies =
    hosts.zones.some((zone) => overlaps(zone, domain)) && zoneOf(domain, hosts.fallthrough) === undefined;
  const holds = hosts.entries.some(({ names }) => names.some((name) => zoneOf(name, [domain]) !== undefined));
  return reverse || denies || holds;
}

/** Whether a name can be in both. */
function overlaps(zone: string, domain: string): boolean {
  return zoneOf(zone, [domain]) !== undefined || zoneOf(domain, [zone]) !== undefined;
}

/** RFC 8482 section 4.2. */
function minimal(owner: string): LocalAnswer {
  const data = { type: 'HINFO', cpu: 'RFC8482', os: '' } as const;
  return { rcode: 0, answers: [{ owner, ttl: ANY_TTL, data }], authority: [], additional: [] };
}
