import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NameGate } from '../../../src/agent/names/nameGate.ts';
import { Catalog } from '../../../src/catalog/catalog.ts';
import type { ObjectRecord } from '../../../src/kube/records.ts';
import { FakeClock } from '../../fake/clock.ts';
import { endpointRecord, portRecord, serviceRecord, sliceRecord } from '../../support/records.ts';

const PATIENCE_MS = 100;
/** What a Service may be at one moment: the last octet of its clusterIP, headless, or not there. */
type Shape = number | 'headless' | 'gone';

function shapeOf(clusterIPs: readonly string[] | undefined): Shape {
  if (clusterIPs === undefined) return 'gone';
  return clusterIPs.length === 0 ? 'headless' : Number(clusterIPs[0]?.split('.').at(-1));
}

/** A catalog whose publications go through a gate to a DNS half that only writes down what it is shown. */
class World {
  readonly clock = new FakeClock();
  readonly catalog = new Catalog({ nodeName: 'n1' });
  readonly shown: Record<string, Shape> = {};
  readonly gate: NameGate;
  updates = 0;

  constructor(patienceMs = PATIENCE_MS) {
    const update: ConstructorParameters<typeof NameGate>[0]['dns']['update'] = (picture, changes) => {
      this.updates++;
      for (const key of changes?.services ?? []) {
        this.shown[key] = shapeOf(picture.services.get(key)?.service.clusterIPs);
      }
    };
    this.gate = new NameGate({ dns: { update }, clock: this.clock, patienceMs });
  }

  publish(...records: readonly ObjectRecord[]): void {
    for (const record of records) this.catalog.upsert(record);
    const changes = this.catalog.publish();
    if (changes !== undefined) this.gate.publish(this.catalog.picture, changes);
  }

  set(name: string, shape: Shape): void {
    if (shape === 'gone') {
      this.catalog.remove({ kind: 'Service', namespace: 'shop', name });
      this.publish();
    } else {
      const clusterIPs = [shape === 'headless' ? 'None' : `10.96.${name.charCodeAt(0)}.${shape}`];
      this.publish(serviceRecord(`shop/${name}`, { clusterIPs, ports: [portRecord({ port: 80 })] }));
    }
  }

  sync(): void {
    this.gate.began();
    this.gate.synced();
  }

  /** A source that is read, and a first sync that is done. */
  open(): void {
    for (const kind of ['Service', 'EndpointSlice'] as const) this.catalog.synced(kind);
    this.publish();
    this.sync();
  }
}

function opened(patienceMs?: number): World {
  const world = new World(patienceMs);
  world.open();
  return world;
}

describe('a name waits for its rules', () => {
  test('a new Service until a sync that began after it has succeeded', () => {
    const world = opened();
    world.gate.began();
    world.set('web', 1);
    world.gate.synced();
    expect(world.shown).toEqual({});
    world.sync();
    expect(world.shown).toEqual({ 'shop/web': 1 });
  });

  test('its old data while the new has no rules, and not the newest before it has them too', () => {
    const world = opened();
    world.set('web', 1);
    world.sync();
    world.set('web', 2);
    expect(world.shown).toEqual({ 'shop/web': 1 });
    world.gate.began();
    world.set('web', 3);
    world.gate.synced();
    expect(world.shown).toEqual({ 'shop/web': 2 });
    world.sync();
    expect(world.shown).toEqual({ 'shop/web': 3 });
  });

  test('a sync that fails shows nothing; the next one does', () => {
    const world = opened();
    world.set('web', 1);
    world.gate.began();
    expect(world.shown).toEqual({});
    world.sync();
    expect(world.shown).toEqual({ 'shop/web': 1 });
  });

  test('for so long and no longer, and that is counted by Service', async () => {
    const world = opened();
    world.set('web', 1);
    await world.clock.advance(60);
    world.set('db', 2);
    await world.clock.advance(39);
    expect(world.shown).toEqual({});
    await world.clock.advance(1);
    expect(world.shown).toEqual({ 'shop/web': 1 });
    expect(world.gate.early).toBe(1);
    await world.clock.advance(60);
    expect(world.shown).toEqual({ 'shop/web': 1, 'shop/db': 2 });
    expect(world.gate.early).toBe(2);
    world.sync();
    expect(world.clock.pending()).toEqual([]);
  });
});

describe('what has no rules does not wait', () => {
  test('unless something before it does: no change overtakes another', () => {
    const world = opened();
    world.set('pods', 'headless');
    expect(world.shown).toEqual({ 'shop/pods': 'headless' });
    world.set('web', 1);
    world.set('pods', 'gone');
    expect(world.shown).toEqual({ 'shop/pods': 'headless' });
    world.sync();
    expect(world.shown).toEqual({ 'shop/web': 1, 'shop/pods': 'gone' });
  });

  test('endpoints of a Service that is routed already, and its end', () => {
    const world = opened();
    world.set('web', 1);
    world.sync();
    const before = world.updates;
    world.publish(sliceRecord('shop/web-1', { endpoints: [endpointRecord('10.244.0.1')] }));
    expect(world.updates).toBe(before + 1);
    world.set('web', 'gone');
    expect(world.shown).toEqual({ 'shop/web': 'gone' });
    expect(world.gate.early).toBe(0);
  });

  test('anything before the first sync begins: nobody asks yet, and it will be in that sync', () => {
    const world = new World();
    world.set('web', 1);
    expect(world.shown).toEqual({ 'shop/web': 1 });
  });

  test('anything with a patience of nothing', () => {
    const world = opened(0);
    world.set('web', 1);
    expect(world.shown).toEqual({ 'shop/web': 1 });
    expect(world.gate.early).toBe(0);
  });
});

test('a first sync of many seconds holds back what came meanwhile, and counts from its end', async () => {
  const world = new World();
  for (const kind of ['Service', 'EndpointSlice'] as const) world.catalog.synced(kind);
  world.publish();
  world.gate.began();
  world.set('late', 1);
  await world.clock.advance(10_000);
  expect(world.shown).toEqual({});
  world.gate.synced();
  await world.clock.advance(PATIENCE_MS - 1);
  expect(world.shown).toEqual({});
  await world.clock.advance(1);
  expect(world.shown).toEqual({ 'shop/late': 1 });
});

test('a first sync that fails again and again keeps no queue', () => {
  const world = new World();
  for (const kind of ['Service', 'EndpointSlice'] as const) world.catalog.synced(kind);
  world.publish();
  world.gate.began();
  world.set('web', 1);
  world.gate.began();
  expect(world.shown).toEqual({ 'shop/web': 1 });
});

const shape: fc.Arbitrary<Shape> = fc.oneof(
  fc.integer({ min: 1, max: 3 }),
  fc.constant('headless' as const),
  fc.constant('gone' as const),
);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ set: fc.constantFrom('a', 'b', 'c'), shape }) },
  { weight: 2, arbitrary: fc.constant('begin' as const) },
  { weight: 2, arbitrary: fc.constant('commit' as const) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 150 }) },
);

test('what is shown was published as a whole, is never older than the patience, and never ahead of rules', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const world = opened();
      // What was published, in order: what it made of the cluster, when, and whether it needs rules.
      const history = [{ state: '', at: 0, needs: false }];
      const state: Record<string, Shape> = {};
      let begun: number | undefined;
      let programmed = 0;
      for (const one of steps) {
        if (one === 'begin') {
          world.gate.began();
          begun = history.length - 1;
        } else if (one === 'commit') {
          if (begun === undefined) continue;
          world.gate.synced();
          programmed = begun;
          begun = undefined;
        } else if (typeof one === 'number') await world.clock.advance(one);
        else {
          const before = state[`shop/${one.set}`] ?? 'gone';
          world.set(one.set, one.shape);
          if (before === one.shape) continue;
          state[`shop/${one.set}`] = one.shape;
          const needs = typeof one.shape === 'number';
          history.push({ state: canonical(state), at: world.clock.monotonic(), needs });
        }
        const old = world.clock.monotonic() - PATIENCE_MS;
        const known = (i: number): boolean => i <= programmed || (history[i]?.at ?? 0) <= old;
        const oldest = history.findLastIndex((_, i) => known(i));
        const held = history.findIndex(({ needs }, i) => needs && !known(i));
        const allowed = history.slice(oldest, held < 0 ? undefined : held).map((entry) => entry.state);
        expect(allowed).toContain(canonical(world.shown));
      }
    }),
    { numRuns: 300 },
  );
});

/** The Services that are there, whatever the order in which they came. */
function canonical(state: Record<string, Shape>): string {
  const keys = Object.keys(state).filter((key) => state[key] !== 'gone');
  return keys
    .sort()
    .map((key) => `${key} ${state[key]}`)
    .join();
}
