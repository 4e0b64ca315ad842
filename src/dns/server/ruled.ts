/** Questions that rules have a word in: rewritten, answered from templates and hosts entries, or let through. */
import type { RuleList } from '../rules/ruleSet.ts';
import type { LocalAnswer } from '../rules/rule.ts';
import { type Rewritten, rewrite, type Undo } from '../rules/rewriter.ts';
import { BodyBuilder } from '../wire/builder.ts';
import { CLASS, FLAG, HEADER_SIZE, MAX_MESSAGE, RCODE, TYPE } from '../wire/codes.ts';
import { composeReply } from '../wire/compose.ts';
import { optSize, writeOpt } from '../wire/edns.ts';
import { layoutOf, putU16, u16 } from '../wire/layout.ts';
import { encodeName, isName, readName } from '../wire/name.ts';
import { makeQuery, Query } from '../wire/query.ts';
import { freeRecord, readAnswer } from '../wire/rawRecords.ts';
import type { Rr } from '../wire/record.ts';
import type { Parts } from './parts.ts';
import type { Link } from './readyReplies.ts';
import { type Answered, answeredBy, type Answering, type Client } from './step.ts';

/** How the rest of the server answers a question, rules not asked again. */
type Answer = (query: Query, link: Link, client: Client) => Answering;

/** How a question came, and from whom. */
export interface Origin {
  readonly link: Link;
  /** Read during the call only. */
  readonly client: Client;
}

/** Aliases that templates may give one after the other. */
const MAX_ALIASES = 8;
const OPT_HEAD = 11;
/** AA, TC, RA and AD: what a reply tells of itself. */
const KEPT_FLAGS = FLAG.AA | FLAG.TC | FLAG.RA | 0x0020;

export class Ruled {
  readonly #parts: Parts;
  readonly #answer: Answer;
  readonly #builder = new BodyBuilder();

  constructor(parts: Parts, answer: Answer) {
    this.#parts = parts;
    this.#answer = answer;
  }

  /** The reply to a question, `limit` octets at most, the first of its rules being `rules`. */
  answer(asked: Query, rules: RuleList, from: Origin, limit: number, aliases = 0): Answering {
    const name = nameOf(asked);
    const rewritten = rewrite(rules.rewrites, name, asked.type);
    if (rewritten === undefined) {
      const local = rules.answer(name, asked.type);
      return local === undefined
        ? this.#answer(asked, from.link, from.client)
        : this.#local(asked, local, from, limit, aliases);
    }
    // The packet's memory is used again while a reply is waited for.
    const query = this.#read(asked.message.slice());
    const inner = this.#rewrittenQuery(query, rewritten);
    const local = rules.answer(rewritten.name, rewritten.type);
    const whole = uncut(from);
    const answered =
      inner === undefined
        ? answeredBy('rules', undefined)
        : local === undefined
          ? this.#answer(inner, whole.link, whole.client)
          : this.#local(inner, local, whole, MAX_MESSAGE, aliases);
    const restored = (inside: Answered): Answered => ({
      ...inside,
      reply: this.#restored(query, inside.reply, rewritten.undo, limit),
    });
    return answered instanceof Promise ? answered.then(restored) : restored(answered);
  }

  /** An answer of our own; an alias in it is followed, as clients do not ask again. */
  #local(asked: Query, local: LocalAnswer, from: Origin, limit: number, aliases: number): Answering {
    const alias = local.answers.findLast(({ data }) => data.type === 'CNAME')?.data;
    const wanted = asked.type !== TYPE.CNAME && asked.type !== TYPE.ANY;
    const ends = local.answers.some(({ data }) => data.type !== 'CNAME');
    if (alias?.type !== 'CNAME' || !wanted || ends || aliases >= MAX_ALIASES || !isName(alias.target)) {
      return answeredBy('rules', this.#composed(asked, local, limit));
    }
    const query = this.#read(asked.message.slice());
    const target = this.#read(makeQuery(alias.target, asked.type));
    const whole = uncut(from);
    const rules = this.#parts.rules.current?.listFor(target);
    const answered =
      rules === undefined
        ? this.#answer(target, whole.link, whole.client)
        : this.answer(target, rules, whole, MAX_MESSAGE, aliases + 1);
    const followed = ({ reply, upstream }: Answered): Answered => ({
      reply: this.#followed(query, local, reply, limit),
      step: 'rules',
      upstream,
    });
    return answered instanceof Promise ? answered.then(followed) : followed(answered);
  }

  #followed(query: Query, local: LocalAnswer, reply: Uint8Array | undefined, limit: number): Uint8Array {
    const foreign = reply === undefined ? undefined : readAnswer(reply);
    // RFC 6604: the rcode is that of the last name in the chain.
    const rcode = foreign?.rcode ?? RCODE.SERVFAIL;
    return this.#composed(
      query,
      { ...local, rcode, answers: [...local.answers, ...(foreign?.answers ?? [])] },
      limit,
    );
  }

  #composed(query: Query, { rcode, ...sections }: LocalAnswer, limit: number): Uint8Array {
    const { forwarder } = this.#parts;
    const recursion = (query.flags & FLAG.RD) !== 0 && forwarder?.recursive === true ? FLAG.RA : 0;
    const flags = (rcode === RCODE.SERVFAIL ? 0 : FLAG.AA) | recursion;
    return composeReply(this.#builder, query, { flags, rcode, sections, opt: optOf(query, rcode) }, limit);
  }

  /** The reply to the rewritten question as one to the question that was asked. */
  #restored(query: Query, reply: Uint8Array | undefined, undo: Undo, limit: number): Uint8Array {
    const layout = reply === undefined ? undefined : layoutOf(reply);
    if (reply === undefined || layout === undefined) {
      return this.#composed(
        query,
        { rcode: RCODE.SERVFAIL, answers: [], authority: [], additional: [] },
        limit,
      );
    }
    const sections: Record<'answer' | 'authority' | 'additional', Rr[]> = {
      answer: [],
      authority: [],
      additional: [],
    };
    let opt: Uint8Array | undefined;
    for (const span of layout.records) {
      if (span.type === TYPE.OPT) opt = reply.slice(span.at, span.end);
      const record = span.type === TYPE.OPT ? undefined : freeRecord(reply, span);
      if (record !== undefined) sections[span.section].push(undo.record(record));
    }
    const { answer: answers, authority, additional } = sections;
    const head = u16(reply, 2);
    const composition = {
      flags: head & KEPT_FLAGS,
      rcode: head & 0xf,
      sections: { answers, authority, additional },
      opt,
    };
    return composeReply(this.#builder, query, composition, limit);
  }

  /** `undefined` when the rules made no name. */
  #rewrittenQuery(query: Query, { name, type }: Rewritten): Query | undefined {
    if (!isName(name)) return undefined;
    const question = encodeName(name);
    const { edns, message } = query;
    const opt = edns.present
      ? message.subarray(edns.optionsAt - OPT_HEAD, edns.optionsEnd)
      : new Uint8Array(0);
    const typeAt = HEADER_SIZE + question.length;
    const made = new Uint8Array(typeAt + 4 + opt.length);
    made.set(message.subarray(0, 4));
    putU16(made, 4, 1);
    putU16(made, 10, edns.present ? 1 : 0);
    made.set(question, HEADER_SIZE);
    putU16(made, typeAt, type);
    putU16(made, typeAt + 2, CLASS.IN);
    made.set(opt, typeAt + 4);
    return this.#read(made);
  }

  #read(message: Uint8Array): Query {
    const query = new Query(this.#parts.seed);
    query.read(message);
    return query;
  }
}

/** As on TCP: what is cut is cut once the names have the length that they leave with. */
function uncut({ link, client }: Origin): Origin {
  return { link: { ...link, protocol: 1, limit: MAX_MESSAGE }, client };
}

/** Lower case, with a dot at the end. */
function nameOf(query: Query): string {
  return `${readName(query.key, 0, query.nameLength) ?? ''}.`;
}

function optOf(query: Query, rcode: number): Uint8Array | undefined {
  if (!query.edns.present) return undefined;
  const opt = new Uint8Array(optSize(query.message, query.edns));
  writeOpt(opt, 0, query.message, query.edns, rcode, true);
  return opt;
}
