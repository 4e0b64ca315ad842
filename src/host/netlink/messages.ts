/** The messages that one receive brought. */
import { AT, HEADER_BYTES, NLMSG_DONE, NLMSG_ERROR } from './constants.ts';

export interface MessageReader {
  /** A message of a subsystem's own, between `at` and `end`. */
  content(type: number, at: number, end: number): void;
  /** The answer to the request with this sequence number: 0 for done, or a positive errno. True: it was the last. */
  answered(sequence: number, errno: number): boolean;
}

/** True when the last answer was among them. */
export function readMessages(bytes: Buffer, length: number, reader: MessageReader): boolean {
  for (let at = 0; at + HEADER_BYTES <= length; ) {
    const size = bytes.readUInt32LE(at + AT.length);
    const end = at + size;
    if (size < HEADER_BYTES || end > length) return false;
    const type = bytes.readUInt16LE(at + AT.type);
    if (type === NLMSG_ERROR || type === NLMSG_DONE) {
      const errno = size >= HEADER_BYTES + 4 ? -bytes.readInt32LE(at + HEADER_BYTES) : 0;
      // -0 would be told apart from 0 by who compares.
      if (reader.answered(bytes.readUInt32LE(at + AT.sequence), errno || 0)) return true;
    } else {
      reader.content(type, at, end);
    }
    at = (end + 3) & ~3;
  }
  return false;
}
