/** A whole reply from records of any kind, for answers that are not kept ready. */
import type { BodyBuilder } from './builder.ts';
import { fitReply } from './fit.ts';
import { readName } from './name.ts';
import type { Query } from './query.ts';
import type { Sections } from './record.ts';
import { putHead } from './reply.ts';
import { FLAG } from './codes.ts';

export interface Composition {
  /** AA, RA, TC, AD. */
  readonly flags: number;
  readonly rcode: number;
  readonly sections: Sections;
  /** The OPT record as it is to be sent. */
  readonly opt: Uint8Array | undefined;
}

/** The reply within `limit` octets, as many whole records as fit. */
export function composeReply(
  builder: BodyBuilder,
  query: Query,
  { flags, rcode, sections, opt }: Composition,
  limit: number,
): Uint8Array {
  const name = readName(query.key, 0, query.nameLength) ?? '';
  const body = builder.build(name, query.nameLength, sections);
  const message = new Uint8Array(query.questionEnd + body.bytes.length);
  putHead(message, query, flags | (body.whole ? 0 : FLAG.TC), rcode, ...body.counts);
  message.set(body.bytes, query.questionEnd);
  return fitReply(message, limit, opt) ?? message.subarray(0, query.questionEnd);
}
