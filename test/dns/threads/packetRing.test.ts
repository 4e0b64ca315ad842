import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PacketRing } from '../../../src/dns/threads/packetRing.ts';

const names = Uint32Array.from({ length: 14 }, (_, i) => 100 + i);

test('packets come out as they went in, in order, whatever their sizes and however the ring turns', () => {
  const action = fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 65_535 }) },
    { weight: 2, arbitrary: fc.constant('take' as const) },
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const writer = new PacketRing();
      const reader = new PacketRing(writer.buffer);
      const model: { socket: number; length: number }[] = [];
      let socket = 0;
      for (const act of actions) {
        if (act === 'take') {
          const packet = reader.peek();
          const expected = model.shift();
          expect(packet?.socket).toBe(expected?.socket);
          if (packet === undefined) continue;
          expect(packet.octets.length).toBe(expected?.length);
          expect([...packet.names.subarray(packet.at, packet.at + 7)]).toEqual([...names.subarray(7)]);
          expect(packet.octets.every((octet) => octet === packet.socket % 251)).toBe(true);
          reader.pop();
        } else if (writer.push(++socket, names, 7, new Uint8Array(act).fill(socket % 251), act)) {
          model.push({ socket, length: act });
        }
      }
      for (const expected of model) {
        expect(reader.peek()?.socket).toBe(expected.socket);
        reader.pop();
      }
      expect(reader.peek()).toBeUndefined();
    }),
    { numRuns: 50 },
  );
});

test('a full ring takes no more, until something was taken out', () => {
  const ring = new PacketRing();
  const packet = new Uint8Array(1000);
  let held = 0;
  while (ring.push(held, names, 0, packet, packet.length)) held++;
  expect(held).toBeGreaterThan(200);
  expect(ring.push(held, names, 0, packet, packet.length)).toBe(false);
  expect(ring.peek()?.socket).toBe(0);
  ring.pop();
  expect(ring.push(held, names, 0, packet, packet.length)).toBe(true);
});

test('a reader is woken once for all that came while it slept', () => {
  const ring = new PacketRing();
  expect(ring.wake()).toBe(false);
  ring.sleep();
  expect([ring.wake(), ring.wake()]).toEqual([true, false]);
});
