import { expect, test } from 'vitest';
import { Order } from '../../../src/dns/answers/order.ts';

/** Records of `stride` octets, each filled with its number from 1. */
function records(count: number, stride: number): Uint8Array {
  return Uint8Array.from({ length: count * stride }, (_, i) => 1 + Math.floor(i / stride));
}

function numbers(bytes: Uint8Array, stride: number): number[] {
  return Array.from({ length: bytes.length / stride }, (_, i) => {
    const record = bytes.subarray(i * stride, (i + 1) * stride);
    expect(new Set(record).size).toBe(1);
    return record[0] ?? 0;
  });
}

test.each([
  [1, 16, 1],
  [5, 16, 5],
  [16, 28, 16],
  [17, 16, 17],
  [200, 28, 200],
  [5, 16, 3],
  [200, 16, 30],
])('%i records of %i octets, %i of them wanted: each at most once, none torn', (count, stride, wanted) => {
  const order = new Order(Math.random);
  const out = new Uint8Array(wanted * stride);
  const seen = new Set<number>();
  for (let round = 0; round < 200; round++) {
    order.copy(out, 0, records(count, stride), 0, stride, count, wanted);
    const drawn = numbers(out, stride);
    expect(new Set(drawn).size).toBe(wanted);
    for (const number of drawn) seen.add(number);
  }
  expect(seen.size).toBe(Math.min(count, seen.size));
  expect(Math.max(...seen)).toBeLessThanOrEqual(count);
  if (count < 20) expect(seen.size).toBe(count);
});

test('every record comes first as often as any other', () => {
  const order = new Order(Math.random);
  const first = new Map<number, number>();
  const out = new Uint8Array(4 * 16);
  for (let round = 0; round < 8000; round++) {
    order.copy(out, 0, records(4, 16), 0, 16, 4, 4);
    const [number = 0] = out;
    first.set(number, (first.get(number) ?? 0) + 1);
  }
  for (const count of first.values()) expect(Math.abs(count - 2000)).toBeLessThan(300);
});
