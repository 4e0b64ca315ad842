import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IPPROTO } from '../../../src/host/netlink/constants.ts';
import { TrackedFlow } from '../../../src/host/netlink/trackedFlow.ts';
import { TCP4, UDP4, UDP6, UNTRANSLATED, ZONE7 } from './dumps.ts';

function fieldsOf(flow: TrackedFlow): string {
  const { destination, destinationPort, replySource, replySourcePort } = flow;
  return `${destination} ${destinationPort} answered by ${replySource} ${replySourcePort}`;
}

test.each([
  ['IPv4', UDP4, '172.30.0.9 80 answered by 10.0.1.2 8080'],
  ['untranslated', UNTRANSLATED, '172.30.0.9 80 answered by 172.30.0.9 80'],
  ['IPv6', UDP6, 'fd00:172::9 80 answered by fd00:1::2 8080'],
])('%s: %#', (_, bytes, fields) => {
  const flow = new TrackedFlow(IPPROTO.UDP);
  expect(flow.read(bytes, 0, bytes.length)).toBe(true);
  expect(fieldsOf(flow)).toBe(fields);
});

test.each([
  ['TCP', TCP4],
  ["another program's zone", ZONE7],
  ['an entry without attributes', UDP4.subarray(0, 20)],
  ['an entry without its answers', UDP4.subarray(0, 20 + 52)],
])('%s is none', (_, bytes) => {
  const flow = new TrackedFlow(IPPROTO.UDP);
  expect(flow.read(UDP4, 0, UDP4.length)).toBe(true);
  // What was read before must not shine through.
  expect(flow.read(bytes, 0, bytes.length)).toBe(false);
});

test.each([
  ['00000008', false],
  ['0000000a', true],
])('of status %s: answered is %s', (status, answered) => {
  const flow = new TrackedFlow(IPPROTO.UDP);
  const at = UDP4.indexOf(Buffer.from('0800030000000008', 'hex')) + 4;
  const bytes = Buffer.from(UDP4);
  bytes.write(status, at, 'hex');
  expect(flow.read(bytes, 0, bytes.length)).toBe(true);
  expect(flow.answered).toBe(answered);
  // Of an entry that does not tell, nothing of the one before shines through.
  expect(flow.read(bytes, 0, at - 4)).toBe(true);
  expect(flow.answered).toBe(false);
});

test('an entry is read where it lies, and named by its own tuple and id', () => {
  const both = Buffer.concat([UDP6, UDP4]);
  const flow = new TrackedFlow(IPPROTO.UDP);
  expect(flow.read(both, UDP6.length, both.length)).toBe(true);
  expect(fieldsOf(flow)).toBe('172.30.0.9 80 answered by 10.0.1.2 8080');
  const tuple = UDP4.toString('hex', 20, 20 + 52);
  expect(flow.identity().toString('hex')).toBe(`${tuple}08000c0023383781`);
});

test('bytes that are no entry never hang or throw anything but a RangeError', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 20, max: UDP4.length - 1 }),
      fc.integer({ min: 0, max: 255 }),
      (at, byte) => {
        const bytes = Buffer.from(UDP4);
        bytes[at] = byte;
        try {
          const flow = new TrackedFlow(IPPROTO.UDP);
          if (flow.read(bytes, 0, bytes.length)) fieldsOf(flow);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      },
    ),
  );
});
