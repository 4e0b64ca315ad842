import { type Answer, decode, encode } from 'dns-packet';
import { expect, test } from 'vitest';
import { relevantPart } from '../../../src/dns/cache/relevant.ts';
import { layoutOf } from '../../../src/dns/wire/layout.ts';
import { a, cname, opt, replyMessage, type Sketch, soa } from './messages.ts';

const NAME = 'www.example.org';
const POISON = '203.0.113.6';
const glue = a(60, 'ns.example.org', '192.0.2.9');
const ns = (name: string): Answer => ({ name, type: 'NS', ttl: 60, data: 'ns.example.org' });
const soaOf = (name: string): Answer => ({ ...soa(60, 10), name });

/** What stays of a reply: `owner TYPE data` of the answers, then `| TYPE` of the authority section. */
function kept(sketch: Sketch, signed = false): string | undefined {
  const message = replyMessage(sketch);
  const layout = layoutOf(message);
  const part = layout && relevantPart(message, layout, signed);
  if (part === undefined) return undefined;
  const { answers, authorities, additionals, questions } = decode(Buffer.from(part.message));
  expect(questions).toEqual(decode(Buffer.from(message)).questions);
  expect(additionals).toEqual([]);
  const told = answers.map((record) => {
    const data = 'data' in record && typeof record.data === 'string' ? ` ${record.data}` : '';
    return `${record.name} ${record.type}${data}`;
  });
  return [...told, ...authorities.map((record) => `| ${record.name} ${record.type}`)].join(', ');
}

test.each<[string, Sketch, string]>([
  ['the answer', { answers: [a(60)] }, `${NAME} A 192.0.2.1`],
  [
    'all of an RRset',
    { answers: [a(60), a(60, NAME, '192.0.2.2')] },
    `${NAME} A 192.0.2.1, ${NAME} A 192.0.2.2`,
  ],
  ['an answer in other capitals', { answers: [a(60, 'WWW.Example.ORG')] }, 'WWW.Example.ORG A 192.0.2.1'],
  [
    'no name servers, no glue',
    { answers: [a(60)], authorities: [ns('example.org')], additionals: [glue] },
    `${NAME} A 192.0.2.1`,
  ],
  ['no address of another name', { answers: [a(60), a(60, 'bank.example', POISON)] }, `${NAME} A 192.0.2.1`],
  [
    'no other name before the answer',
    { answers: [a(60, 'bank.example', POISON), a(60)] },
    `${NAME} A 192.0.2.1`,
  ],
  ['no parent of the name', { answers: [a(60, 'example.org', POISON), a(60)] }, `${NAME} A 192.0.2.1`],
  [
    'no other type',
    { answers: [{ name: NAME, type: 'TXT', ttl: 60, data: 'x' }, a(60)] },
    `${NAME} A 192.0.2.1`,
  ],
  [
    'a chain and its end',
    { answers: [cname(60, 'b.example'), cname(60, 'c.example', 'b.example'), a(60, 'c.example')] },
    `${NAME} CNAME b.example, b.example CNAME c.example, c.example A 192.0.2.1`,
  ],
  [
    'a chain out of order, put in order',
    { answers: [a(60, 'c.example'), cname(60, 'c.example', 'b.example'), cname(60, 'b.example')] },
    `${NAME} CNAME b.example, b.example CNAME c.example, c.example A 192.0.2.1`,
  ],
  [
    'of two aliases of one name the first',
    {
      answers: [
        cname(60, 'b.example'),
        cname(60, 'evil.example'),
        a(60, 'evil.example', POISON),
        a(60, 'b.example'),
      ],
    },
    `${NAME} CNAME b.example, b.example A 192.0.2.1`,
  ],
  ['a chain without its end', { answers: [cname(60, 'b.example')] }, `${NAME} CNAME b.example`],
  ['a denial of the domain', { rcode: 3, authorities: [soa(60, 10)] }, '| example.org SOA'],
  [
    'a denial among other records',
    { rcode: 3, authorities: [ns('example.org'), soa(60, 10), glue] },
    '| example.org SOA',
  ],
  ['a denial of the root', { rcode: 3, authorities: [soaOf('.')] }, '| . SOA'],
  ['no denial of another domain', { rcode: 3, authorities: [soaOf('bank.example')] }, ''],
  ['no denial of a domain that only looks alike', { rcode: 3, authorities: [soaOf('ample.org')] }, ''],
  ['no denial of a domain below', { rcode: 3, authorities: [soaOf('a.www.example.org')] }, ''],
  [
    'a denial of the end of a chain',
    { rcode: 3, answers: [cname(60, 'b.example')], authorities: [soa(60, 10), soaOf('example')] },
    `${NAME} CNAME b.example, | example SOA`,
  ],
  ['nothing of a failure', { rcode: 2, answers: [a(60)], authorities: [soa(60, 10)] }, ''],
  ['nothing that was not asked', { answers: [a(60, 'bank.example', POISON)] }, ''],
  ['no OPT', { answers: [a(60)], additionals: [opt(), glue] }, `${NAME} A 192.0.2.1`],
])('of a reply stays: %s', (_what, sketch, expected) => {
  expect(kept(sketch)).toBe(expected);
});

test.each<[string, Sketch]>([
  ['leads to itself', { answers: [cname(60, NAME)] }],
  ['goes round', { answers: [cname(60, 'b.example'), cname(60, NAME, 'b.example')] }],
  [
    'never ends',
    { answers: [cname(60, 'n0'), ...Array.from({ length: 30 }, (_, i) => cname(60, `n${i + 1}`, `n${i}`))] },
  ],
])('a chain that %s is no reply at all', (_what, sketch) => {
  expect(kept(sketch)).toBeUndefined();
});

const signature = (name: string, typeCovered: string): Answer => ({
  name,
  type: 'RRSIG',
  ttl: 60,
  data: {
    typeCovered,
    algorithm: 8,
    labels: 2,
    originalTTL: 60,
    expiration: 2,
    inception: 1,
    keyTag: 1,
    signersName: 'example.org',
    signature: Buffer.from('x'),
  },
});
const nsec: Answer = {
  name: NAME,
  type: 'NSEC',
  ttl: 60,
  data: { nextDomain: 'z.example.org', rrtypes: ['A'] },
};

test.each<[string, boolean, Sketch, string]>([
  [
    'signatures of the answer',
    true,
    { answers: [a(60), signature(NAME, 'A')] },
    `${NAME} A 192.0.2.1, ${NAME} RRSIG`,
  ],
  [
    'no signature for those who did not ask',
    false,
    { answers: [a(60), signature(NAME, 'A')] },
    `${NAME} A 192.0.2.1`,
  ],
  ['no signature of another type', true, { answers: [a(60), signature(NAME, 'TXT')] }, `${NAME} A 192.0.2.1`],
  [
    'proofs of a denial',
    true,
    { authorities: [soa(60, 10), signature('example.org', 'SOA'), nsec, signature(NAME, 'NSEC')] },
    `| example.org SOA, | example.org RRSIG, | ${NAME} NSEC, | ${NAME} RRSIG`,
  ],
  ['no proofs for those who did not ask', false, { authorities: [soa(60, 10), nsec] }, '| example.org SOA'],
])('DNSSEC: %s (DO %s)', (_what, signed, sketch, expected) => {
  expect(kept(sketch, signed)).toBe(expected);
});

test('what did not belong in the answer is counted', () => {
  const message = replyMessage({ answers: [a(60), a(60, 'bank.example', POISON)], additionals: [glue] });
  const layout = layoutOf(message);
  expect(layout && relevantPart(message, layout, false)?.dropped).toBe(1);
});

test('records are freed from a compressed message whole', () => {
  // SOA first, its names pointers into the question; then an NS that goes.
  const message = encode({
    type: 'response',
    id: 1,
    flags: 0x0183,
    questions: [{ name: NAME, type: 'A', class: 'IN' }],
    authorities: [ns('example.org'), soa(60, 10)],
  });
  const layout = layoutOf(message);
  const part = layout && relevantPart(message, layout, false);
  expect(decode(Buffer.from(part?.message ?? [])).authorities).toEqual([
    expect.objectContaining({
      type: 'SOA',
      name: 'example.org',
      ttl: 60,
      data: (soa(60, 10) as { data: unknown }).data,
    }),
  ]);
});
