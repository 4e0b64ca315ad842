import { expect, test } from 'vitest';
import { ChangeMetrics } from '../../src/agent/metrics/changeMetrics.ts';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { loadedCatalog, service, slice } from '../proxy/cluster.ts';

/** `services SEEN pending WAITING, slices SEEN pending WAITING` */
function told(metrics: ChangeMetrics): string {
  const value = (name: string): unknown => {
    const family = metrics.families().find((one) => one.name === `kubeproxy_sync_proxy_rules_${name}`);
    return [...(family?.samples() ?? [])][0]?.value;
  };
  const text = (what: string): string =>
    `${String(value(`${what}_changes_total`))} pending ${String(value(`${what}_changes_pending`))}`;
  return `services ${text('service')}, slices ${text('endpoint')}`;
}

function setUp() {
  const metrics = new ChangeMetrics();
  const catalog: Catalog = loadedCatalog([]);
  return {
    metrics,
    publish: (...records: Parameters<Catalog['upsert']>[0][]): string => {
      for (const record of records) catalog.upsert(record);
      const changes = catalog.publish();
      if (changes !== undefined) metrics.published(catalog.picture, changes);
      return told(metrics);
    },
    remove: (...records: Parameters<Catalog['remove']>[0][]): string => {
      for (const record of records) catalog.remove(record);
      const changes = catalog.publish();
      if (changes !== undefined) metrics.published(catalog.picture, changes);
      return told(metrics);
    },
  };
}

const WEB = service('shop/web', '10.96.0.1');

test('a change of a Service and one of its slices are told apart', () => {
  const { publish, remove } = setUp();
  expect(publish(WEB)).toBe('services 1 pending 1, slices 0 pending 0');
  expect(publish(slice('shop/web', ['10.0.1.1']))).toBe('services 1 pending 1, slices 1 pending 1');
  expect(publish(slice('shop/web', ['10.0.1.2']))).toBe('services 1 pending 1, slices 2 pending 1');
  expect(publish(service('shop/web', '10.96.0.2'))).toBe('services 2 pending 1, slices 2 pending 1');
  expect(remove(slice('shop/web', []))).toBe('services 2 pending 1, slices 3 pending 1');
  expect(remove(WEB)).toBe('services 3 pending 1, slices 3 pending 1');
});

test('pending is what no sync has written: a change during a sync waits for the next, and so does a failed one', () => {
  const { metrics, publish } = setUp();
  publish(WEB, slice('shop/web', ['10.0.1.1']));
  metrics.began();
  expect(publish(service('shop/db', '10.96.0.2'))).toBe('services 2 pending 2, slices 1 pending 1');
  metrics.synced();
  expect(told(metrics)).toBe('services 2 pending 1, slices 1 pending 0');
  metrics.began();
  // It fails: nothing is told, and the next one begins.
  metrics.began();
  expect(told(metrics)).toBe('services 2 pending 1, slices 1 pending 0');
  metrics.synced();
  expect(told(metrics)).toBe('services 2 pending 0, slices 1 pending 0');
});
