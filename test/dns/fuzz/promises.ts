/** What holds of every reply, whatever was asked. */
import { decode } from 'dns-packet';
import type { Link } from '../../../src/dns/server/readyReplies.ts';
import { layoutOf } from '../../../src/dns/wire/layout.ts';
import { Broken } from './target.ts';

const HEADER = 12;
const RESPONSE = 0x80;

export function checkReply(packet: Uint8Array, reply: Uint8Array | undefined, link: Link): void {
  const deserved = packet.length >= HEADER && ((packet[2] ?? 0) & RESPONSE) === 0;
  if (reply === undefined) {
    if (deserved) throw new Broken('a query is answered', packet);
    return;
  }
  if (!deserved) throw new Broken('responses and scraps are not answered', packet, reply);
  if (reply[0] !== packet[0] || reply[1] !== packet[1]) throw new Broken('the ID comes back', packet, reply);
  if (((reply[2] ?? 0) & RESPONSE) === 0) throw new Broken('a reply is a response', packet, reply);
  if (reply.length > allowed(packet, reply, link)) {
    throw new Broken('no reply is longer than its client takes', packet, reply);
  }
  const questions = ((reply[4] ?? 0) << 8) | (reply[5] ?? 0);
  if (questions === 0 ? reply.length !== HEADER : !isSound(packet, reply)) {
    throw new Broken('a reply is well-formed, and has the question as it was spelled', packet, reply);
  }
}

function isSound(packet: Uint8Array, reply: Uint8Array): boolean {
  const layout = layoutOf(reply);
  if (layout === undefined) return false;
  if ((layout.records.at(-1)?.end ?? layout.question.end) !== reply.length) return false;
  return (
    Buffer.compare(
      packet.subarray(HEADER, layout.question.end),
      reply.subarray(HEADER, layout.question.end),
    ) === 0
  );
}

/** By somebody else's reading of the query, which is slow: short replies are within every limit. */
function allowed(packet: Uint8Array, reply: Uint8Array, link: Link): number {
  if (reply.length <= 512 || link.protocol === 1) return link.limit;
  let size = 512;
  try {
    const { additionals, answers, authorities } = decode(Buffer.from(packet));
    for (const record of [...answers, ...authorities, ...additionals]) {
      if (record.type === 'OPT') size = Math.max(size, record.udpPayloadSize ?? 0);
    }
  } catch {
    // What it cannot read has no other witness.
    return link.limit;
  }
  return Math.min(size, link.limit);
}
