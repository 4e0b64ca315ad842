import { expect, test } from 'vitest';
import { Tally } from '../../../src/proxy/userspace/figures.ts';
import { Ledger } from '../../../src/proxy/userspace/ledger.ts';
import type { RelayFigures } from '../../../src/proxy/userspace/relay.ts';

/** A listener of a port, with what it counts. */
function listener(name = 'shop/web:http', suspended: readonly string[] = []) {
  const tally = new Tally('TCP');
  return { tally, figures: (): RelayFigures => tally.figures(name, suspended) };
}

function ledgerOf(...listeners: readonly ReturnType<typeof listener>[]) {
  const ledger = new Ledger<ReturnType<typeof listener>>();
  for (const one of listeners) ledger.add(one);
  return ledger;
}

test('listeners of one port count together, those of others apart', () => {
  const [a, b, other] = [listener(), listener('shop/web:http', ['10.0.0.2:80']), listener('shop/db:sql')];
  a.tally.counts.accepted = 2;
  a.tally.reached('10.0.0.1:80', 0.001);
  b.tally.counts.accepted = 3;
  b.tally.reached('10.0.0.1:80', 0.002);
  b.tally.failed('10.0.0.2:80');
  const figures = ledgerOf(a, b, other).figures();
  expect(figures.map(({ name, accepted }) => [name, accepted])).toEqual([
    ['shop/web:http', 5],
    ['shop/db:sql', 0],
  ]);
  expect(figures[0]).toMatchObject({
    suspended: ['10.0.0.2:80'],
    dials: { counts: new Float64Array([0, 2, 0, 0, 0, 0, 0, 0, 0]), sum: 0.003 },
    endpoints: [
      { text: '10.0.0.1:80', connections: 2, failures: 0, dialSeconds: 0.003 },
      { text: '10.0.0.2:80', connections: 0, failures: 1, dialSeconds: 0 },
    ],
  });
});

test('totals do not go back when one of the listeners closes', () => {
  const [a, b] = [listener(), listener()];
  a.tally.counts.accepted = 2;
  a.tally.reached('10.0.0.1:80', 0.001);
  b.tally.counts.accepted = 3;
  const ledger = ledgerOf(a, b);
  ledger.remove(a);
  expect(ledger.figures()).toMatchObject([{ accepted: 5, dials: { sum: 0.001 }, endpoints: [] }]);
  ledger.remove(a);
  expect(ledger.figures()).toMatchObject([{ accepted: 5 }]);
});

test('a port that nothing listens for is forgotten', () => {
  const a = listener();
  const ledger = ledgerOf(a);
  ledger.remove(a);
  expect(ledger.figures()).toEqual([]);
  ledger.add(listener());
  expect(ledger.figures()).toMatchObject([{ accepted: 0 }]);
});

test('an endpoint that left is no longer told; figures that were given stay as they were', () => {
  const { tally, figures } = listener();
  tally.reached('10.0.0.1:80', 1);
  tally.reached('10.0.0.2:80', 1);
  const before = figures();
  tally.keep({
    name: 'shop/web:http',
    endpoints: [{ address: '10.0.0.2', port: 80, text: '10.0.0.2:80' }],
    affinitySeconds: 0,
    proxyProtocol: false,
  });
  tally.reached('10.0.0.2:80', 1);
  expect(figures().endpoints).toEqual([{ text: '10.0.0.2:80', connections: 2, failures: 0, dialSeconds: 2 }]);
  expect(before.endpoints.map(({ connections }) => connections)).toEqual([1, 1]);
  expect(before.dials.sum).toBe(2);
});
