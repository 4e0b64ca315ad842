/** Going from attribute to attribute of a message. `at` is where one begins, with room for its header. */
import { NLA_TYPE_MASK } from './constants.ts';

export function typeOf(bytes: Buffer, at: number): number {
  return bytes.readUInt16LE(at + 2) & NLA_TYPE_MASK;
}

/** Attributes start at multiples of four. One shorter than its own header would never let the walk end. */
export function nextAttribute(bytes: Buffer, at: number): number {
  return at + ((Math.max(4, bytes.readUInt16LE(at)) + 3) & ~3);
}
