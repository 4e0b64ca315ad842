import { expect, test } from 'vitest';
import { BodyBuilder } from '../../../src/dns/wire/builder.ts';
import type { Rr } from '../../../src/dns/wire/record.ts';
import { makeQuery } from '../../../src/dns/wire/query.ts';
import { show } from '../support/show.ts';

/** A whole reply to a question for `name`, shown by somebody else's decoder. */
function reply(
  name: string,
  answers: readonly Rr[],
  additional: readonly Rr[] = [],
): ReturnType<typeof show> & { whole: boolean } {
  const query = makeQuery(name, 1);
  const body = new BodyBuilder().build(name, query.length - 16, { answers, authority: [], additional });
  const message = Buffer.concat([query, body.bytes]);
  message[2] = 0x84;
  message.writeUInt16BE(body.counts[0], 6);
  message.writeUInt16BE(body.counts[2], 10);
  return { ...show(message), whole: body.whole };
}

const a = (owner: string, address: string): Rr => ({ owner, ttl: 5, data: { type: 'A', address } });
const srv = (owner: string, target: string): Rr => ({
  owner,
  ttl: 5,
  data: { type: 'SRV', priority: 0, weight: 1, port: 80, target },
});

test('an address of the asked name is 16 octets', () => {
  const name = 'web.shop.svc.cluster.local';
  const { size, answers } = reply(name, [a(name, '10.0.0.1'), a(name, '10.0.0.2')]);
  expect(size).toBe(makeQuery(name, 1).length + 32);
  expect(answers).toEqual([`${name}. 5 A 10.0.0.1`, `${name}. 5 A 10.0.0.2`]);
});

test('an SRV target is spelled out, and later owners point to it', () => {
  const name = '_http._tcp.web.shop';
  const { size, answers, additional } = reply(name, [srv(name, 'a.web.shop')], [a('a.web.shop', '10.0.0.1')]);
  expect(answers).toEqual([`${name}. 5 SRV 0 1 80 a.web.shop.`]);
  expect(additional).toEqual(['a.web.shop. 5 A 10.0.0.1']);
  // SRV: owner 2, fields 10, numbers 6, target 12; A: 16
  expect(size).toBe(makeQuery(name, 1).length + 30 + 16);
});

test('a name longer than DNS allows costs its record, not the others', () => {
  const long = `${`${'x'.repeat(62)}.`.repeat(4)}shop`;
  const { answers, whole } = reply('shop', [
    srv('shop', long),
    // Mostly a pointer, and as long.
    { owner: 'shop', ttl: 5, data: { type: 'PTR', target: long } },
    srv('shop', 'b.shop'),
    a(`${'x'.repeat(64)}.shop`, '10.0.0.1'),
  ]);
  expect(answers).toEqual(['shop. 5 SRV 0 1 80 b.shop.']);
  expect(whole).toBe(true);
});

test('names behind the reach of a pointer are spelled out, and still right', () => {
  const answers = Array.from({ length: 700 }, (_, i) => srv('shop', `n${i}.web.shop`));
  const additional = Array.from({ length: 700 }, (_, i) => a(`n${i}.web.shop`, `10.0.${i >> 8}.${i & 255}`));
  const shown = reply('shop', answers, additional);
  expect(shown.whole).toBe(true);
  expect(shown.additional).toEqual(additional.map((_, i) => `n${i}.web.shop. 5 A 10.0.${i >> 8}.${i & 255}`));
});

test('what does not fit into a message is left out from the end, and said', () => {
  const answers = Array.from({ length: 5000 }, (_, i) => a('shop', `10.0.${i >> 8}.${i & 255}`));
  const shown = reply('shop', answers);
  expect(shown.whole).toBe(false);
  expect(shown.answers.length).toBe(Math.floor((65_535 - 22) / 16));
});

test.each([
  ['A', a('shop', '10.0.0.1'), 16],
  ['AAAA', { owner: 'shop', ttl: 5, data: { type: 'AAAA', address: '2001:db8::1' } }, 28],
  ['SRV', srv('shop', 'a.shop'), 26],
] as const)('%s at the end of a message: all of the record, or none of it', (_, record, octets) => {
  const fixed = makeQuery('shop', 1).length + 12;
  for (let room = 0; room <= octets + 1; room++) {
    const bytes = new Uint8Array(65_535 - fixed - room);
    const filler: Rr = { owner: 'shop', ttl: 5, data: { type: 'raw', code: 65_000, bytes } };
    const query = makeQuery('shop', 1);
    const sections = { answers: [filler, record], authority: [], additional: [] };
    const body = new BodyBuilder().build('shop', query.length - 16, sections);
    const fits = room >= octets;
    expect([room, body.whole, body.counts[0]]).toEqual([room, fits, fits ? 2 : 1]);
    expect(query.length + body.bytes.length).toBe(65_535 - room + (fits ? octets : 0));
  }
});

test('a question with a dot inside a label is not taken for the labels around it', () => {
  const shown = reply(String.raw`web\.shop`, [a('web.shop', '10.0.0.1')]);
  expect(shown.answers).toEqual(['web.shop. 5 A 10.0.0.1']);
});
