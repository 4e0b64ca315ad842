import { expect, test } from 'vitest';
import { lifetimeOf } from '../../../src/dns/cache/lifetime.ts';
import { layoutOf } from '../../../src/dns/wire/layout.ts';
import { CACHE_SETTINGS } from '../support/forwarding.ts';
import { a, cname, replyMessage, type Sketch, soa } from './messages.ts';

const TC = 0x0200;

test.each<[string, Sketch, number]>([
  ['an answer, for its TTL', { answers: [a(10)] }, 10],
  ['an answer, no longer than the limit', { answers: [a(3600)] }, 30],
  ['the shortest TTL counts', { answers: [a(20), a(5)] }, 5],
  ['TTL 0', { answers: [a(0)] }, 0],
  ['a TTL with its highest bit set is 0', { answers: [a(0x80000001)] }, 0],
  ['a whole chain', { answers: [cname(9, 'b.example'), a(20, 'b.example')] }, 9],
  ['a chain that ends nowhere', { answers: [cname(9, 'b.example')] }, 0],
  ['a chain that ends in a denial', { answers: [cname(9, 'b.example')], authorities: [soa(20, 15)] }, 9],
  ['truncated', { answers: [a(20)], flags: TC }, 0],
  ['NXDOMAIN, for the SOA minimum', { rcode: 3, authorities: [soa(60, 10)] }, 10],
  ['NXDOMAIN, for the TTL of the SOA', { rcode: 3, authorities: [soa(8, 3600)] }, 8],
  ['NXDOMAIN, no longer than the limit', { rcode: 3, authorities: [soa(3600, 3600)] }, 30],
  ['NXDOMAIN without SOA', { rcode: 3 }, 0],
  ['NXDOMAIN, its SOA in the wrong section', { rcode: 3, additionals: [soa(60, 10)] }, 0],
  ['NODATA', { authorities: [soa(60, 10)] }, 10],
  ['NODATA without SOA', {}, 0],
  ['NODATA, SOA minimum 0', { authorities: [soa(60, 0)] }, 0],
  ['answers of another type only', { type: 'AAAA', answers: [a(20)] }, 0],
  ['SERVFAIL', { rcode: 2 }, 1],
  ['FORMERR', { rcode: 1, answers: [a(20)] }, 0],
  ['NOTIMP', { rcode: 4 }, 0],
  ['REFUSED', { rcode: 5, authorities: [soa(60, 10)] }, 0],
])('%s: kept %s s', (_what, sketch, seconds) => {
  const message = replyMessage(sketch);
  const layout = layoutOf(message);
  expect(layout && lifetimeOf(message, layout, CACHE_SETTINGS).seconds).toBe(seconds);
});

test('a SERVFAIL is kept 5 s at most, whatever is set', () => {
  const message = replyMessage({ rcode: 2 });
  const layout = layoutOf(message);
  expect(layout && lifetimeOf(message, layout, { ...CACHE_SETTINGS, servfail: 60 }).seconds).toBe(5);
});

test.each<[string, Sketch, number]>([
  ['an answer', { answers: [a(3)] }, 10],
  ['an answer within', { answers: [a(30)] }, 30],
  ['a longer answer', { answers: [a(300)] }, 60],
  ['an answer that nobody is to keep', { answers: [a(0)] }, 0],
  ['a denial', { rcode: 3, authorities: [soa(60, 2)] }, 5],
  ['a longer denial', { rcode: 3, authorities: [soa(60, 60)] }, 6],
])('between a least and a most, %s is kept %s s', (_what, sketch, seconds) => {
  const limits = { ...CACHE_SETTINGS, success: { min: 10, max: 60 }, denial: { min: 5, max: 6 } };
  const message = replyMessage(sketch);
  const layout = layoutOf(message);
  expect(layout && lifetimeOf(message, layout, limits).seconds).toBe(seconds);
});
