/** Records of somebody else's reply, freed from the message they came in. */
import { FLAG, TYPE } from './codes.ts';
import { layoutOf, type RecordSpan, u16 } from './layout.ts';
import { encodeName, readName } from './name.ts';
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
    const owner = readName(reply, span.at, reply.length);
    const bytes = freeRdata(reply, span);
    if (owner === undefined || bytes === undefined) return undefined;
    answers.push({
      owner: owner.toLowerCase(),
      ttl: span.ttl,
      data: { type: 'raw', code: span.type, bytes },
    });
  }
  const flags = u16(reply, 2);
  return { rcode: flags & 0xf, truncated: (flags & FLAG.TC) !== 0, answers };
}

/** RDATA with its names spelled out: RFC 3597 section 4 allows compression only in these types. */
function freeRdata(reply: Uint8Array, span: RecordSpan): Uint8Array | undefined {
  const { rdataAt, end } = span;
  switch (span.type) {
    case TYPE.CNAME:
    case TYPE.NS:
    case TYPE.PTR:
      return freeNames(reply, rdataAt, end, 0);
    case TYPE.MX:
      return freeNames(reply, rdataAt, end, 2);
    case TYPE.SRV:
      return freeNames(reply, rdataAt, end, 6);
    default:
      return reply.slice(rdataAt, end);
  }
}

function freeNames(reply: Uint8Array, at: number, end: number, prefix: number): Uint8Array | undefined {
  const name = readName(reply, at + prefix, end);
  if (name === undefined) return undefined;
  return Buffer.concat([reply.subarray(at, at + prefix), encodeName(name)]);
}
