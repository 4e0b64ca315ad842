/** One line for a reply, in the format of CoreDNS's log plugin, with what answered beside it. */
import { formatSocketAddress } from '../../net/socketAddress.ts';
import type { Log } from '../../telemetry/log.ts';
import type { QueryLog as Settings, QueryLogClass } from '../settings.ts';
import { CLASS, FLAG, RCODE, TYPE } from '../wire/codes.ts';
import { u16 } from '../wire/layout.ts';
import { readName } from '../wire/name.ts';
import type { Query } from '../wire/query.ts';
import type { Answered, Client } from './step.ts';

const OFF: Settings = { classes: [], every: 1, domains: [''] };

const TYPE_NAMES = namesOf(TYPE);
const CLASS_NAMES = namesOf(CLASS);
const RCODE_NAMES = namesOf(RCODE);
const FLAG_NAMES = [
  ['qr', FLAG.QR],
  ['aa', FLAG.AA],
  ['tc', FLAG.TC],
  ['rd', FLAG.RD],
  ['ra', FLAG.RA],
  ['ad', FLAG.AD],
  ['cd', FLAG.CD],
] as const;

export class QueryLog {
  readonly #log: Log;
  #settings: Settings = OFF;
  #seen = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Nobody need keep what a line would tell while this is false. */
  get on(): boolean {
    return this.#settings.classes.length > 0;
  }

  configure(settings: Settings): void {
    this.#settings = settings;
  }

  /** `seconds` since the query came. */
  write(query: Query, protocol: 'udp' | 'tcp', client: Client, answered: Answered, seconds: number): void {
    const { reply, step, upstream } = answered;
    const { classes, every } = this.#settings;
    if (reply === undefined || !classes.includes(classOf(reply))) return;
    const name = query.nameLength === 0 ? '' : `${readName(query.key, 0, query.nameLength) ?? ''}.`;
    if (!this.#isWatched(name)) return;
    this.#seen += 1;
    if (this.#seen % every !== 0) return;
    const remote = formatSocketAddress(client);
    const { present, dnssecOk, udpSize } = query.edns;
    const type = TYPE_NAMES.get(query.type) ?? `TYPE${query.type}`;
    const question = `${type} ${CLASS_NAMES.get(query.class) ?? `CLASS${query.class}`} ${name === '' ? '.' : name}`;
    const size = `${protocol} ${query.message.length} ${present && dnssecOk} ${present ? udpSize : 512}`;
    const flags = u16(reply, 2);
    const rcode = RCODE_NAMES.get(flags & 0xf) ?? `RCODE${flags & 0xf}`;
    const told = FLAG_NAMES.flatMap(([text, bit]) => ((flags & bit) === 0 ? [] : [text])).join(',');
    this.#log.info(
      { step, ...(upstream === '' ? {} : { upstream }) },
      `${remote} - ${query.id} "${question} ${size}" ${rcode} ${told} ${reply.length} ${seconds.toFixed(9)}s`,
    );
  }

  #isWatched(name: string): boolean {
    return this.#settings.domains.some(
      (domain) => domain === '' || name === `${domain}.` || name.endsWith(`.${domain}.`),
    );
  }
}

/** CoreDNS's classes: a type or name that does not exist is a denial, whoever says so. */
function classOf(reply: Uint8Array): QueryLogClass {
  const rcode = u16(reply, 2) & 0xf;
  if (rcode === RCODE.NXDOMAIN) return 'denial';
  if (rcode !== RCODE.NOERROR) return 'error';
  return u16(reply, 6) === 0 ? 'denial' : 'success';
}

function namesOf(codes: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(codes).map(([name, code]) => [code, name]));
}
