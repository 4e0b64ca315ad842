/** Cutting a reply down to what the client can take (RFC 2181 section 9): as many whole records as fit, and TC. */
import { FLAG, TYPE } from './codes.ts';
import { layoutOf, putU16, u16 } from './layout.ts';

/**
 * The reply within `limit` octets, with `opt` as its only OPT record, or with none. `undefined` when the reply is
 * malformed. Records only point backwards, so any number of the last ones can be left out.
 */
export function fitReply(
  reply: Uint8Array,
  limit: number,
  opt: Uint8Array | undefined,
): Uint8Array | undefined {
  const layout = layoutOf(reply);
  if (layout === undefined) return undefined;
  const room = limit - (opt?.length ?? 0);
  const out = new Uint8Array(Math.min(reply.length, Math.max(room, 0)) + (opt?.length ?? 0));
  const counts = { answer: 0, authority: 0, additional: 0 };
  let at = copy(out, 0, reply, 0, layout.question.end);
  let cut = false;
  let last = layout.question.end;
  for (const record of layout.records) {
    if (record.type === TYPE.OPT) continue;
    // Behind an OPT that is left out, records would move and pointers to them break: hints at most, so they go too.
    if (record.at !== last) break;
    cut = at + record.end - record.at > room;
    if (cut) break;
    at = copy(out, at, reply, record.at, record.end);
    last = record.end;
    counts[record.section]++;
  }
  putU16(out, 2, u16(reply, 2) | (cut ? FLAG.TC : 0));
  putU16(out, 6, counts.answer);
  putU16(out, 8, counts.authority);
  if (opt !== undefined) at = copy(out, at, opt, 0, opt.length);
  putU16(out, 10, counts.additional + (opt === undefined ? 0 : 1));
  return out.subarray(0, at);
}

function copy(out: Uint8Array, at: number, from: Uint8Array, start: number, end: number): number {
  out.set(from.subarray(start, end), at);
  return at + end - start;
}
