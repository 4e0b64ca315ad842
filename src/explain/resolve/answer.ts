/** A reply as people and programs read it. */
import DNS from 'dns2';
import { typeName } from './recordTypes.ts';

const { Packet } = DNS;
type Resource = DNS.Packet.Resource;

export interface AnswerRecord {
  readonly name: string;
  readonly ttl: number;
  readonly type: string;
  /** As in a zone file. */
  readonly data: string;
}

export interface Answer {
  readonly rcode: string;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly answers: readonly AnswerRecord[];
  readonly authority: readonly AnswerRecord[];
  readonly additional: readonly AnswerRecord[];
  /** What the server says about why (RFC 8914). */
  readonly explanation: string | undefined;
}

export function readAnswer(packet: DNS.Packet): Answer {
  const opt = packet.additionals.find(({ type }) => type === Packet.TYPE.EDNS);
  const extended = (opt?.extendedRcode ?? 0) * 16;
  return {
    rcode: rcodeName(packet.header.rcode + extended),
    authoritative: packet.header.aa === 1,
    truncated: packet.header.tc === 1,
    answers: packet.answers.map(readRecord),
    authority: packet.authorities.map(readRecord),
    additional: packet.additionals.filter((record) => record !== opt).map(readRecord),
    explanation: explanationOf(opt),
  };
}

function rcodeName(code: number): string {
  return Object.entries(Packet.RCODE).find(([, known]) => known === code)?.[0] ?? `RCODE${code}`;
}

function explanationOf(opt: Resource | undefined): string | undefined {
  const found = opt?.rdata?.find(
    (option): option is DNS.Packet.EdeOption => option.ednsCode === Packet.EDNS_OPTION_CODE.EDE,
  );
  if (found === undefined) return undefined;
  const name = Packet.EDE_NAME[found.infoCode] ?? `error ${found.infoCode}`;
  return found.extraText === ''
    ? name.toLowerCase().replaceAll('_', ' ')
    : found.extraText.replaceAll(/\p{Cc}/gu, ' ');
}

function readRecord(record: Resource): AnswerRecord {
  const { name, ttl, type } = record;
  return { name: absolute(name), ttl, type: typeName(type), data: dataOf(record) };
}

/** By what the library found in the record, since each kind of record has members of its own. */
function dataOf(record: Resource): string {
  const { TYPE } = Packet;
  switch (record.type) {
    case TYPE.A:
    case TYPE.AAAA:
      return record.address ?? '';
    case TYPE.NS:
      return absolute(record.ns ?? '');
    case TYPE.CNAME:
    case TYPE.PTR:
      return absolute(record.domain ?? '');
    case TYPE.MX:
      return `${record.priority ?? 0} ${absolute(record.exchange ?? '')}`;
    case TYPE.SRV: {
      const { priority = 0, weight = 0, port = 0, target = '' } = record;
      return `${priority} ${weight} ${port} ${absolute(target)}`;
    }
    case TYPE.SOA: {
      const {
        primary = '',
        admin = '',
        serial = 0,
        refresh = 0,
        retry = 0,
        expiration = 0,
        minimum = 0,
      } = record;
      return `${absolute(primary)} ${absolute(admin)} ${serial} ${refresh} ${retry} ${expiration} ${minimum}`;
    }
    case TYPE.TXT:
      return [record.data ?? []]
        .flat()
        .map((text) => quoted(String(text)))
        .join(' ');
    case TYPE.CAA:
      return `${record.flags ?? 0} ${record.tag ?? ''} ${quoted(record.value ?? '')}`;
    default:
      return unknownData(record.data);
  }
}

function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(/[\x7f-\x9f]/g, '?');
}

/** RFC 3597 section 5. */
function unknownData(data: Resource['data']): string {
  const octets = Buffer.isBuffer(data) ? data : Buffer.alloc(0);
  return `\\# ${octets.length} ${octets.toString('hex')}`.trimEnd();
}

/** Octets of a name come from strangers and go to a terminal: those that it might obey are told by number. */
function absolute(name: string): string {
  const safe = name.replaceAll(/[^\x21-\x7e]/g, (char) => `\\${String(char.charCodeAt(0)).padStart(3, '0')}`);
  return safe.endsWith('.') ? safe : `${safe}.`;
}
