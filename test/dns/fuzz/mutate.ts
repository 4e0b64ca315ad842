/** Packets that are nearly right, which is what finds faults. */
import { type Draw, pick } from './random.ts';

/** Octets that mean something: counts, lengths and types at their ends, pointers, labels of forbidden kinds. */
const TELLING = [0, 1, 2, 0x0c, 0x29, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff] as const;
/** Headers, the question's first label, and OPT records begin here more often than anywhere else. */
const HEAD = 14;
const LONGEST = 70_000;

/** One of the corpus with some octets changed, cut off, put in, doubled, or taken from another one. */
export function mutant(draw: Draw, corpus: readonly Uint8Array[]): Uint8Array {
  let packet: Uint8Array = Uint8Array.from(pick(draw, corpus));
  for (let changes = draw(5); changes > 0; changes--) packet = change(draw, packet, corpus);
  return packet;
}

function change(draw: Draw, packet: Uint8Array, corpus: readonly Uint8Array[]): Uint8Array {
  if (packet.length === 0) return Uint8Array.of(draw(256));
  const at = draw(3) === 0 ? draw(Math.min(HEAD, packet.length)) : draw(packet.length);
  switch (draw(9)) {
    case 0:
      packet[at] = draw(256);
      return packet;
    case 1:
      packet[at] = (packet[at] ?? 0) ^ (1 << draw(8));
      return packet;
    case 2:
      packet[at] = pick(draw, TELLING);
      return packet;
    case 3:
      return packet.slice(0, at);
    case 4:
      return joined(packet.subarray(0, at), [draw(256)], packet.subarray(at));
    case 5:
      return joined(packet.subarray(0, at), [0xc0, draw(packet.length)], packet.subarray(at + draw(3)));
    case 6:
      return packet.length > LONGEST ? packet : joined(packet, packet.subarray(at));
    case 7: {
      const other = pick(draw, corpus);
      return joined(packet.subarray(0, at), other.subarray(draw(other.length)));
    }
    default:
      // The body of one question behind the header of another.
      return joined(pick(draw, corpus).subarray(0, 12), packet.subarray(Math.min(12, packet.length)));
  }
}

function joined(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
