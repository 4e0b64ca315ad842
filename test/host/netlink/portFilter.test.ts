import { expect, test } from 'vitest';
import { instructionsOf, portFilter } from '../../../src/host/netlink/portFilter.ts';

/** `tcpdump -d`'s way of writing them: code, jump if true, jump if false, value. */
function listing(program: Buffer): string[] {
  return Array.from({ length: instructionsOf(program) }, (_, n) => {
    const at = 8 * n;
    const value = program.readUInt32LE(at + 4).toString(16);
    return `${program.readUInt16LE(at).toString(16)} ${program[at + 2]} ${program[at + 3]} ${value}`;
  });
}

test('without ports, everything is received', () => {
  expect(listing(portFilter([]))).toEqual(['20 0 0 c', '6 0 0 ffffffff']);
});

test('each port is compared in the order of octets in which the filter loads', () => {
  expect(listing(portFilter([13, 0x12_3456]))).toEqual([
    '20 0 0 c',
    '15 0 1 d000000',
    '6 0 0 0',
    '15 0 1 56341200',
    '6 0 0 0',
    '6 0 0 ffffffff',
  ]);
});
