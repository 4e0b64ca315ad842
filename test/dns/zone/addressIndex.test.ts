import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ServiceEntry } from '../../../src/catalog/picture.ts';
import { AddressIndex } from '../../../src/dns/zone/addressIndex.ts';
import { endpointRecord, namespaceRecord, serviceRecord, sliceRecord } from '../../support/records.ts';
import { pictureOf } from '../support/cluster.ts';

const KEYS = ['shop/a', 'shop/b', 'shop/c'];
const ADDRESSES = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];

interface Drawn {
  readonly clusterIP: string;
  readonly endpoints: readonly { readonly address: string; readonly ready: boolean }[];
}

/** A Service with this clusterIP and these endpoints; a clusterIP may be anybody's here, as it is while it moves. */
function entryOf(key: string, { clusterIP, endpoints }: Drawn): ServiceEntry | undefined {
  const slice = sliceRecord(`${key}-1`, {
    endpoints: endpoints.map(({ address, ready }) => endpointRecord(address, { ready })),
  });
  const records = [namespaceRecord('shop'), serviceRecord(key, { clusterIPs: [clusterIP] }), slice];
  return pictureOf(records).services.get(key);
}

const address = fc.constantFrom(...ADDRESSES);
const drawn: fc.Arbitrary<Drawn> = fc.record({
  clusterIP: address,
  endpoints: fc.array(fc.record({ address, ready: fc.boolean() }), { maxLength: 3 }),
});
const key = fc.constantFrom(...KEYS);
const step = fc.oneof(
  fc.record({ kind: fc.constantFrom('change', 'postpone'), key, to: fc.option(drawn, { nil: undefined }) }),
  fc.record({ kind: fc.constant('work' as const), services: fc.integer({ min: 1, max: 2 }) }),
  fc.record({ kind: fc.constant('ask' as const) }),
);

/** Keys of those that have the address now, by looking through all. */
function owners(entries: ReadonlyMap<string, ServiceEntry>, has: (entry: ServiceEntry) => boolean): string[] {
  return [...entries].flatMap(([name, entry]) => (has(entry) ? [name] : [])).sort();
}

test('whatever waits to be entered, an address is told as that of those that have it now', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const index = new AddressIndex();
      const entries = new Map<string, ServiceEntry>();
      for (const action of [...steps, { kind: 'ask' as const }]) {
        if (action.kind === 'work') {
          let left = action.services;
          index.work(() => --left > 0);
        } else if (action.kind === 'ask') {
          for (const one of ADDRESSES) {
            const ofCluster = owners(entries, ({ service }) => service.clusterIPs.includes(one));
            const ofEndpoint = owners(entries, ({ groups }) =>
              groups.some(({ endpoints }) => endpoints.some((e) => e.ready && e.address === one)),
            );
            expect([index.ofClusterIP(one), index.ofEndpoint(one)]).toEqual([ofCluster, ofEndpoint]);
          }
        } else {
          const before = entries.get(action.key);
          const after = action.to && entryOf(action.key, action.to);
          if (after === undefined) entries.delete(action.key);
          else entries.set(action.key, after);
          if (action.kind === 'postpone') index.postpone(action.key, before, after);
          else index.change(action.key, before, after, () => undefined);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('each address whose reverse name differs is told, also of a Service that waits', () => {
  const [one, other] = ['10.0.0.1', '10.0.0.2'].map((clusterIP) =>
    entryOf('shop/a', { clusterIP, endpoints: [{ address: '10.1.0.1', ready: true }] }),
  );
  for (const waits of [false, true]) {
    const index = new AddressIndex();
    if (waits) index.postpone('shop/a', undefined, one);
    else index.change('shop/a', undefined, one, () => undefined);
    const stale: string[] = [];
    index.change('shop/a', one, other, (told) => stale.push(told));
    expect(stale.toSorted()).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(index.ofClusterIP('10.0.0.1')).toEqual([]);
  }
});

test('a flood of questions about addresses ends the waiting', () => {
  const index = new AddressIndex();
  const entry = entryOf('shop/a', { clusterIP: '10.0.0.1', endpoints: [] });
  for (let i = 0; i < 5000; i++) index.postpone(`shop/s${i}`, undefined, entry);
  for (let i = 0; i < 25; i++) index.ofEndpoint('10.9.9.9');
  expect(index.waiting).toBe(0);
  expect(index.ofClusterIP('10.0.0.1')).toHaveLength(5000);
});
