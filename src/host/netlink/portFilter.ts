/** A program for the kernel (classic BPF) that leaves out of a netlink group what some programs asked for themselves. */

import { AT } from './constants.ts';

/** struct sock_filter: code, two jumps, a value. */
const INSTRUCTION_BYTES = 8;
/** Load four bytes from a place; skip an instruction unless they are equal to a value; end. */
const LOAD = 0x20;
const UNLESS_EQUAL = 0x15;
const END = 0x06;
const NOTHING = 0;
const EVERYTHING = 0xffff_ffff;

/** `ports` are those of the senders. */
export function portFilter(ports: Iterable<number>): Buffer {
  return Buffer.concat([
    // Of the first message: all that come together are of one transaction, and so of one sender.
    instruction(LOAD, AT.port),
    ...[...ports].flatMap((port) => [instruction(UNLESS_EQUAL, swapped(port), 1), instruction(END, NOTHING)]),
    instruction(END, EVERYTHING),
  ]);
}

export function instructionsOf(program: Buffer): number {
  return program.length / INSTRUCTION_BYTES;
}

function instruction(code: number, value: number, otherwise = 0): Buffer {
  const bytes = Buffer.alloc(INSTRUCTION_BYTES);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(otherwise, 3);
  bytes.writeUInt32LE(value, 4);
  return bytes;
}

/** A filter loads in the network's order, and netlink's headers are in the machine's. */
function swapped(port: number): number {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(port);
  return bytes.readUInt32BE();
}
