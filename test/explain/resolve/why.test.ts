import { expect, test } from 'vitest';
import type { Answer } from '../../../src/explain/resolve/answer.ts';
import { whyNothing } from '../../../src/explain/resolve/why.ts';

const answer = (rcode: string, over: Partial<Answer> = {}): Answer => ({
  rcode,
  authoritative: true,
  truncated: false,
  answers: [],
  authority: [],
  additional: [],
  explanation: undefined,
  ...over,
});
const of = (name: string): string =>
  `; asked as it stands, without a search list: a Service is ${name}.svc.cluster.local in full`;

test.each<readonly [name: string, answer: Answer, told: string]>([
  [
    'web.shop.svc.cluster.local',
    answer('NXDOMAIN'),
    'web.shop.svc.cluster.local does not exist (NXDOMAIN from S)',
  ],
  [
    'web.shop.svc.cluster.local',
    answer('NXDOMAIN', { explanation: 'no Service shop/web' }),
    'web.shop.svc.cluster.local does not exist (NXDOMAIN from S): no Service shop/web',
  ],
  ['a.example.com', answer('NOERROR'), 'a.example.com exists but has no A records (NODATA from S)'],
  ['a.example.com', answer('SERVFAIL'), 'S could not find out (SERVFAIL for a.example.com A)'],
  ['a.example.com', answer('NOTIMP'), 'S says NOTIMP for a.example.com A'],
  // What a pod's resolver would have filled up.
  ['web.shop', answer('NXDOMAIN'), `web.shop does not exist (NXDOMAIN from S)${of('web.shop')}`],
  ['web', answer('NXDOMAIN'), `web does not exist (NXDOMAIN from S)${of('web.NAMESPACE')}`],
  [
    'web.shop.svc',
    answer('REFUSED'),
    `S does not answer for such names (REFUSED for web.shop.svc A)${of('web.shop')}`,
  ],
  ['web.shop.com', answer('NXDOMAIN'), 'web.shop.com does not exist (NXDOMAIN from S)'],
  ['web.shop', answer('SERVFAIL'), 'S could not find out (SERVFAIL for web.shop A)'],
  ['.', answer('NXDOMAIN'), '. does not exist (NXDOMAIN from S)'],
])('%s', (name, given, told) => {
  expect(whyNothing(given, name, 'A', 'S')).toBe(told);
});

test('an answer needs no reason', () => {
  const record = { name: 'a.example.com', ttl: 5, type: 'A', data: '192.0.2.1' };
  expect(whyNothing(answer('NOERROR', { answers: [record] }), 'a.example.com', 'A', 'S')).toBeUndefined();
});
