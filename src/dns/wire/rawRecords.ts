/** Records of somebody else's reply, freed from the message they came in. */
import { FLAG, TYPE } from './codes.ts';
import { layoutOf, type RecordSpan, u16 } from './layout.ts';
import { encodeName, readName, skipName } from './name.ts';
import type { Rr } from './record.ts';

export interface ForeignAnswer {
  readonly rcode: number;
  readonly truncated: boolean;
  readonly answers: readonly Rr[];
}

/** Reads the answer section; `undefined` when the reply is malformed. */
export function readAnswer(reply: Uint8Array): ForeignAnswer | undefined {
  const layout = layoutOf(reply);
  if (layout === undefined) return undefined;
  const answers: Rr[] = [];
  for (const span of layout.records) {
    if (span.section !== 'answer') continue;
    const record = freeRecord(reply, span);
    if (record === undefined) return undefined;
    answers.push(record);
  }
  const flags = u16(reply, 2);
  return { rcode: flags & 0xf, truncated: (flags & FLAG.TC) !== 0, answers };
}

/** One record with its names spelled out, the owner's in lower case; `undefined` when it is malformed. */
export function freeRecord(reply: Uint8Array, span: RecordSpan): Rr | undefined {
  const owner = readName(reply, span.at, reply.length);
  const bytes = freeRdata(reply, span);
  if (owner === undefined || bytes === undefined) return undefined;
  return { owner: owner.toLowerCase(), ttl: span.ttl, data: { type: 'raw', code: span.type, bytes } };
}

/** RDATA with its names spelled out: RFC 3597 section 4 allows compression only in these types. */
function freeRdata(reply: Uint8Array, span: RecordSpan): Uint8Array | undefined {
  const { rdataAt, end } = span;
  switch (span.type) {
    case TYPE.CNAME:
    case TYPE.NS:
    case TYPE.PTR:
      return freeNames(reply, rdataAt, end, 0, 1);
    case TYPE.MX:
      return freeNames(reply, rdataAt, end, 2, 1);
    case TYPE.SRV:
      return freeNames(reply, rdataAt, end, 6, 1);
    case TYPE.SOA:
      return freeNames(reply, rdataAt, end, 0, 2);
    default:
      return reply.slice(rdataAt, end);
  }
}

/** RDATA of `prefix` octets, so many names, and whatever follows them. */
function freeNames(
  reply: Uint8Array,
  at: number,
  end: number,
  prefix: number,
  names: number,
): Uint8Array | undefined {
  const parts = [reply.subarray(at, at + prefix)];
  let pos = at + prefix;
  for (let i = 0; i < names; i++) {
    const name = readName(reply, pos, end);
    if (name === undefined) return undefined;
    parts.push(encodeName(name));
    pos = skipName(reply, pos, end);
  }
  return Buffer.concat([...parts, reply.subarray(pos, end)]);
}
