import { beforeEach, describe, expect, test } from 'vitest';
import type { Catalog } from '../../../src/catalog/catalog.ts';
import type { ChangeSet } from '../../../src/catalog/picture.ts';
import type { ObjectRecord } from '../../../src/kube/records.ts';
import { FAMILIES, type Family } from '../../../src/net/ip.ts';
import { NO_CHANGES } from '../../../src/proxy/changes.ts';
import type { Flow } from '../../../src/proxy/conntrack/flowTable.ts';
import { ConntrackReconciler } from '../../../src/proxy/conntrack/reconciler.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeFlowTable } from '../../fake/flowTable.ts';
import { FakeLog } from '../../fake/log.ts';
import { endpointRecord, portRecord, serviceRecord, sliceRecord } from '../../support/records.ts';
import { loadedCatalog, service, slice } from '../cluster.ts';

const REPORT = { services: 1, restores: 1, milliseconds: 1, setAside: [], byFamily: [] };
const DNS = serviceRecord('sys/dns', {
  clusterIPs: ['172.30.0.10', 'fd00:172::10'],
  ports: (['UDP', 'TCP'] as const).map((protocol) =>
    portRecord({ name: protocol.toLowerCase(), protocol, port: 53 }),
  ),
});

function endpoints(addressType: 'IPv4' | 'IPv6', address: string): ObjectRecord {
  return sliceRecord(`sys/dns-${addressType}`, {
    addressType,
    ports: (['UDP', 'TCP'] as const).map((protocol) => ({
      name: protocol.toLowerCase(),
      protocol,
      port: 53,
    })),
    endpoints: [endpointRecord(address)],
  });
}

const to = (destination: string, replySource: string): Flow => ({
  destination,
  destinationPort: 53,
  replySource,
  replySourcePort: 53,
  answered: false,
});
/** To port 80 of `shop/web`, as the kernel tracks it while no rule leads to its endpoint. */
const UNTRANSLATED = { ...to('172.30.0.1', '172.30.0.1'), destinationPort: 80, replySourcePort: 80 };
/** To its endpoint, which does not answer yet. */
const TRANSLATED = { ...UNTRANSLATED, replySource: '10.0.0.1' };
const changed = (...keys: string[]): ChangeSet => ({ ...NO_CHANGES, services: new Set(keys) });

describe('stale flows', () => {
  let clock: FakeClock;
  let table: FakeFlowTable;
  let log: FakeLog;
  let catalog: Catalog;
  let reconciler: ConntrackReconciler;

  beforeEach(() => {
    clock = new FakeClock();
    table = new FakeFlowTable();
    log = new FakeLog();
    catalog = loadedCatalog([
      service('shop/web', '172.30.0.1'),
      slice('shop/web', ['10.0.0.1']),
      DNS,
      endpoints('IPv4', '10.0.0.2'),
      endpoints('IPv6', 'fd00:10::2'),
    ]);
    reconciler = new ConntrackReconciler({
      table,
      families: () => FAMILIES,
      dnsService: 'sys/dns',
      clock,
      log,
    });
  });

  test('are looked for when relays close, too', async () => {
    const relays = new Set(['169.254.20.11:4000']);
    const isRelay = (text: string): boolean => relays.has(text);
    const families = (): readonly Family[] => FAMILIES;
    reconciler = new ConntrackReconciler({ table, families, isRelay, dnsService: 'sys/dns', clock, log });
    const relayed = { ...to('172.30.0.10', '169.254.20.11'), replySourcePort: 4000 };
    table.flows.IPv4 = [relayed];
    await reconciler.look();
    await synced(undefined);
    expect(table.flows.IPv4).toEqual([relayed]);
    relays.clear();
    await reconciler.look();
    expect(table.flows.IPv4).toEqual([]);
  });

  async function synced(changes: ChangeSet | undefined, lacked: readonly Family[] = []): Promise<void> {
    const about = { picture: catalog.picture, changes };
    reconciler.synced({ ...REPORT, lacked }, changes === undefined, about);
    await clock.advance(0);
  }

  test('are deleted in both families, and counted', async () => {
    table.flows.IPv4 = [to('172.30.0.10', '10.0.0.9'), to('172.30.0.10', '10.0.0.2')];
    table.flows.IPv6 = [to('fd00:172::10', 'fd00:172::10'), to('fd00:172::10', 'fd00:10::9')];
    await synced(undefined);
    expect(table.flows).toEqual({ IPv4: [to('172.30.0.10', '10.0.0.2')], IPv6: [] });
    expect(FAMILIES.map((family) => reconciler.counters.of(family).deleted)).toEqual([1, 2]);
    expect(FAMILIES.map((family) => reconciler.counters.of(family).seconds.counts[0])).toEqual([1, 1]);
  });

  test.each([
    ['everything', undefined, 2],
    ['a UDP port', changed('sys/dns'), 2],
    ['a UDP port among others', changed('shop/web', 'sys/dns'), 2],
    ['a TCP port', changed('shop/web'), 0],
    ['a Service that is gone', changed('shop/gone'), 0],
    ['this node', { ...NO_CHANGES, node: true }, 0],
  ])('are looked for when a sync was about %s', async (_, changes, looks) => {
    await synced(changes);
    expect(table.looks).toHaveLength(looks);
  });

  test('are not looked for where nobody serves', async () => {
    catalog.remove({ kind: 'EndpointSlice', namespace: 'sys', name: 'dns-IPv6' });
    catalog.publish();
    await synced(undefined);
    expect(table.looks).toEqual(['IPv4']);
  });

  test.each(['error', 'refused'] as const)(
    'that stay behind (%s) are told once and tried again',
    async (how) => {
      table[how] = 'device or resource busy (EBUSY)';
      table.flows.IPv4 = [to('172.30.0.10', '10.0.0.9')];
      await synced(undefined);
      expect(log.messages('warn')).toEqual([
        'flows that lead nowhere may live on: ' +
          'IPv4: device or resource busy (EBUSY); IPv6: device or resource busy (EBUSY)',
      ]);
      await clock.advance(30_000);
      expect(table.looks).toHaveLength(4);
      expect(log.lines).toHaveLength(1);
      // The next sync takes the chance, whatever it was about.
      table[how] = '';
      await synced(changed('shop/web'));
      expect(table.flows.IPv4).toEqual([]);
      await synced(changed('shop/web'));
      await clock.advance(60_000);
      expect(table.looks).toHaveLength(6);
    },
  );

  describe('of TCP', () => {
    beforeEach(() => {
      table.connections.IPv4 = [UNTRANSLATED, TRANSLATED];
    });

    test.each([
      ['everything', undefined],
      ['a UDP port', changed('sys/dns')],
      ['a TCP port', changed('shop/web')],
    ])('are not looked for by a sync about %s that found all rules in place', async (_, changes) => {
      await synced(changes);
      expect(table.connectionLooks).toEqual([]);
    });

    test.each([
      ['everything', undefined],
      ['a few changes', NO_CHANGES],
    ])('are deleted once by a sync about %s that wrote missing rules again', async (_, changes) => {
      await synced(changes, ['IPv4']);
      expect(table.connections.IPv4).toEqual([TRANSLATED]);
      expect(reconciler.counters.of('IPv4').deleted).toBe(1);
      expect(log.messages('info')).toEqual(['TCP flows deleted that began while rules were missing']);
      await synced(undefined);
      expect(table.connectionLooks).toEqual(['IPv4']);
    });

    test('are not looked for where nobody serves but the DNS Service', async () => {
      catalog.remove({ kind: 'EndpointSlice', namespace: 'shop', name: 'web-x' });
      catalog.publish();
      await synced(undefined, FAMILIES);
      expect(table.connectionLooks).toEqual([]);
    });

    test('that stay behind are looked for again, those of the family alone', async () => {
      table.error = 'device or resource busy (EBUSY)';
      await synced(undefined, ['IPv4']);
      table.error = '';
      await clock.advance(30_000);
      expect(table.connections.IPv4).toEqual([TRANSLATED]);
      expect(table.connectionLooks).toEqual(['IPv4', 'IPv4']);
    });

    test('are looked for again when rules were found missing during a look', async () => {
      const gate = Promise.withResolvers<void>();
      table.gate = gate.promise;
      await synced(undefined, ['IPv4']);
      await synced(undefined, ['IPv4']);
      table.connections.IPv4.push(UNTRANSLATED);
      gate.resolve();
      await clock.advance(0);
      expect(table.connections.IPv4).toEqual([TRANSLATED]);
    });
  });

  test('are looked for once more after a look under way, and not once for each sync meanwhile', async () => {
    const gate = Promise.withResolvers<void>();
    table.gate = gate.promise;
    for (let i = 0; i < 3; i++) await synced(changed('sys/dns'));
    expect(table.looks).toEqual(['IPv4']);
    gate.resolve();
    await clock.advance(0);
    expect(table.looks).toEqual(['IPv4', 'IPv6', 'IPv4', 'IPv6']);
  });

  test('of a look under way are waited for at the end, and no other begins', async () => {
    const gate = Promise.withResolvers<void>();
    table.gate = gate.promise;
    await synced(undefined);
    await synced(undefined);
    let stopped = false;
    const done = reconciler.stop().then(() => (stopped = true));
    await clock.advance(0);
    expect(stopped).toBe(false);
    gate.resolve();
    await done;
    await synced(undefined);
    expect(table.looks).toEqual(['IPv4', 'IPv6']);
    expect(clock.pending()).toEqual([]);
  });
});
