import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Store } from '../../../../src/playground/apiserver/store/store.ts';
import type { KubeObject } from '../../../../src/playground/apiserver/objects/object.ts';

const object = (name: string, value: number): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  value,
  metadata: { name, namespace: 'n', uid: name, resourceVersion: '' },
});

/** A name to put with a value, or, without a value, to remove. */
const operations = fc.array(
  fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), value: fc.option(fc.nat(9)) }),
  { maxLength: 30 },
);

test('an old state is the state of that time, as far back as history reaches', () => {
  fc.assert(
    fc.property(operations, fc.integer({ min: 1, max: 8 }), (steps, historySize) => {
      const store = new Store(historySize);
      const things = store.collection('things');
      const then = new Map([[store.revision, things.list()]]);
      for (const { name, value } of steps) {
        const old = things.get('n', name);
        if (value !== null) store.put('things', object(name, value));
        else if (old !== undefined) store.remove('things', old);
        then.set(store.revision, things.list());
      }
      for (const [revision, expected] of then) {
        const found = things.listAt(revision);
        if (found !== undefined) expect(found).toEqual(expected);
        else expect(store.revision - revision).toBeGreaterThan(historySize);
      }
    }),
  );
});

test('changes since a revision, applied to its state, give the state of now', () => {
  fc.assert(
    fc.property(operations, fc.nat(30), (steps, at) => {
      const store = new Store(1000);
      const things = store.collection('things');
      let start = { revision: store.revision, items: things.list() };
      steps.forEach(({ name, value }, i) => {
        const old = things.get('n', name);
        if (value !== null) store.put('things', object(name, value));
        else if (old !== undefined) store.remove('things', old);
        if (i === at) start = { revision: store.revision, items: things.list() };
      });
      const state = new Map(start.items.map((item) => [item.metadata.name, item]));
      for (const { type, object: changed } of things.since(start.revision) ?? []) {
        if (type === 'DELETED') state.delete(changed.metadata.name);
        else state.set(changed.metadata.name, changed);
      }
      expect([...state.keys()].sort().map((name) => state.get(name))).toEqual(things.list());
    }),
  );
});
