/** Replies as text, decoded by somebody else's code. */
import { type Answer, decode } from 'dns-packet';

export interface Shown {
  readonly id: number;
  readonly rcode: string;
  readonly aa: boolean;
  readonly tc: boolean;
  readonly rd: boolean;
  readonly ra: boolean;
  readonly ad: boolean;
  readonly cd: boolean;
  readonly question: string;
  /** In the order of the reply. */
  readonly answers: readonly string[];
  readonly authority: readonly string[];
  /** The OPT record left out. */
  readonly additional: readonly string[];
  readonly opt: Answer | undefined;
  /** Of the OPT's Extended DNS Error; empty when there is none. */
  readonly error: string;
  readonly size: number;
}

export function show(reply: Uint8Array): Shown {
  const packet = decode(Buffer.from(reply));
  const flag = (bit: number): boolean => (packet.flags & bit) !== 0;
  const opt = packet.additionals.find((record) => record.type === 'OPT');
  const [question] = packet.questions;
  return {
    id: packet.id,
    rcode: packet.rcode,
    aa: flag(0x400),
    tc: flag(0x200),
    rd: flag(0x100),
    ra: flag(0x80),
    ad: flag(0x20),
    cd: flag(0x10),
    question: question === undefined ? '' : `${question.name}. ${question.type}`,
    answers: packet.answers.map(line),
    authority: packet.authorities.map(line),
    additional: packet.additionals.filter((record) => record !== opt).map(line),
    opt,
    error: errorOf(opt),
    size: reply.length,
  };
}

function line(record: Answer): string {
  return `${record.name}. ${record.ttl} ${record.type} ${data(record)}`;
}

function data(record: Answer): string {
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return String(record.data);
    case 'CNAME':
    case 'PTR':
    case 'NS':
      return `${String(record.data)}.`;
    case 'SRV': {
      const srv = record.data as { priority: number; weight: number; port: number; target: string };
      return `${srv.priority} ${srv.weight} ${srv.port} ${srv.target}.`;
    }
    case 'TXT':
      return (record.data as Buffer[]).map((part) => JSON.stringify(part.toString())).join(' ');
    case 'HINFO': {
      const hinfo = record.data as { cpu: string; os: string };
      return `${JSON.stringify(hinfo.cpu)} ${JSON.stringify(hinfo.os)}`;
    }
    case 'SOA': {
      const soa = record.data as Record<'mname' | 'rname', string> & Record<string, number>;
      const { mname, rname, serial, refresh, retry, expire, minimum } = soa;
      return `${mname}. ${rname}. ${serial} ${refresh} ${retry} ${expire} ${minimum}`;
    }
    default:
      return JSON.stringify(record.data);
  }
}

function errorOf(opt: Answer | undefined): string {
  const option = opt?.options?.find(({ code }) => code === 15);
  return option?.data === undefined ? '' : option.data.subarray(2).toString();
}
