import { expect, test } from 'vitest';
import { BodyBuilder } from '../../../src/dns/wire/builder.ts';
import { parseRecord } from '../../../src/dns/wire/masterText.ts';
import { makeQuery, Query } from '../../../src/dns/wire/query.ts';
import { composeReply } from '../../../src/dns/wire/compose.ts';
import { show } from '../support/show.ts';

/** The record as another codec reads it from the wire. */
function told(text: string): string | undefined {
  const record = parseRecord(text);
  if (record === undefined) return undefined;
  const query = new Query();
  query.read(makeQuery('a.example', 255));
  const sections = { answers: [record], authority: [], additional: [] };
  const reply = composeReply(
    new BodyBuilder(),
    query,
    { flags: 0, rcode: 0, sections, opt: undefined },
    1232,
  );
  return show(Buffer.from(reply)).answers[0];
}

test.each<readonly [text: string, shown: string]>([
  ['a.example. 60 IN A 192.0.2.1', 'a.example. 60 A 192.0.2.1'],
  ['a.example 60 A 192.0.2.1', 'a.example. 60 A 192.0.2.1'],
  ['A.Example. IN 60 A 192.0.2.1', 'a.example. 60 A 192.0.2.1'],
  ['a.example. A 192.0.2.1', 'a.example. 3600 A 192.0.2.1'],
  ['a.example. 0 in aaaa 2001:DB8::1', 'a.example. 0 AAAA 2001:db8::1'],
  ['a.example. 60 IN CNAME b.example.', 'a.example. 60 CNAME b.example.'],
  ['a.example. 60 IN PTR b.example', 'a.example. 60 PTR b.example.'],
  ['a.example. 60 IN SRV 1 2 389 b.example.', 'a.example. 60 SRV 1 2 389 b.example.'],
])('%s', (text, shown) => {
  expect(told(text)).toBe(shown);
});

test('a text of several strings, a quote in one', () => {
  const record = parseRecord('a.example. 60 IN TXT "one two" thr\\"ee');
  expect(record?.data).toEqual({ type: 'raw', code: 16, bytes: Buffer.from('\x07one two\x06thr"ee') });
});

test('a mail exchanger and a start of authority', () => {
  expect(parseRecord('a.example. MX 10 mail.example.')?.data).toMatchObject({ code: 15 });
  expect(parseRecord('a.example. SOA ns.a.example. root.a.example. 1 2 3 4 5')?.data).toMatchObject({
    type: 'SOA',
    soa: { primary: 'ns.a.example', mailbox: 'root.a.example', serial: 1, minimum: 5 },
  });
});

test.each([
  '',
  'a.example.',
  'a.example. 60 IN',
  'a.example. 60 IN A',
  'a.example. 60 IN A 192.0.2.300',
  'a.example. 60 IN A 2001:db8::1',
  'a.example. 60 IN A 192.0.2.1 192.0.2.2',
  'a.example. 99999999999 IN A 192.0.2.1',
  'a..example. 60 IN A 192.0.2.1',
  'a.example. 60 IN CNAME a..b',
  'a.example. 60 IN SRV 1 2 70000 b.example.',
  'a.example. 60 IN SRV 1 2 b.example.',
  'a.example. 60 IN SOA ns.a.example. root.a.example. 1 2 3 4',
  'a.example. 60 IN NAPTR 1 2 3',
  `a.example. 60 IN TXT "${'x'.repeat(256)}"`,
])('%s is no record', (text) => {
  expect(parseRecord(text)).toBeUndefined();
});
