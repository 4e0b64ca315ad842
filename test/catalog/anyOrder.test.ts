/** However a cluster's history was cut and told, the picture is that of its last state, and changes are exact. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Catalog } from '../../src/catalog/catalog.ts';
import type { Picture } from '../../src/catalog/picture.ts';
import { describeObject } from '../../src/kube/problem.ts';
import type { Kind, ObjectRecord } from '../../src/kube/records.ts';
import {
  endpointRecord,
  namespaceRecord,
  nodeRecord,
  podRecord,
  portRecord,
  serviceRecord,
  sliceRecord,
} from '../support/records.ts';

const KINDS: readonly Kind[] = ['Namespace', 'Service', 'EndpointSlice', 'Node', 'Pod'];

const address = fc.constantFrom('10.0.0.1', '10.0.0.02', '10.0.0.3', 'bad');
const endpoint = fc.record({ ip: address, ready: fc.boolean(), nodeName: fc.constantFrom('n1', 'n2') });
const slice = fc
  .record({
    name: fc.constantFrom('x-1', 'x-2', 'y-1'),
    serviceName: fc.constantFrom('x', 'y', ''),
    // One that is always good: a version that is unusable as a whole depends on the one before, by design.
    endpoints: fc
      .array(endpoint, { maxLength: 3 })
      .map((list) => [...list, { ip: '10.0.0.9', ready: true, nodeName: 'n1' }]),
    ports: fc.subarray([80, 81]),
    fromEndpoints: fc.boolean(),
  })
  .map(({ name, serviceName, endpoints, ports, fromEndpoints }) =>
    sliceRecord(`shop/${fromEndpoints ? `${name}:0:IPv4` : name}`, {
      serviceName,
      fromEndpoints,
      ports: ports.map((port) => ({ name: `p${port}`, protocol: 'TCP', port })),
      endpoints: endpoints.map(({ ip, ...fields }) => endpointRecord(ip, fields)),
    }),
  );

/** Services x and y of two namespaces; `clusterIP` and `nodePort` are drawn from the numbers given. */
const service = (numbers: (key: string) => readonly number[]): fc.Arbitrary<ObjectRecord> =>
  fc.constantFrom('shop/x', 'shop/y', 'bank/x').chain((key) =>
    fc
      .record({
        clusterIP: fc.constantFrom(...numbers(key)),
        nodePort: fc.constantFrom(0, ...numbers(key)),
        type: fc.constantFrom('NodePort', 'ExternalName'),
        externalIPs: fc.subarray(['192.0.2.1', 'bad']),
      })
      .map(({ clusterIP, nodePort, ...fields }) =>
        serviceRecord(key, {
          ...fields,
          clusterIPs: [`10.96.0.${clusterIP}`, `fd00::${clusterIP}`],
          ports: [portRecord({ nodePort: nodePort === 0 ? 0 : 30_000 + nodePort })],
          externalName: 'example.com',
        }),
      ),
  );

const others: fc.Arbitrary<ObjectRecord> = fc.oneof(
  fc.constantFrom('shop', 'bank').map(namespaceRecord),
  fc.constantFrom('a', 'b').map((zone) => nodeRecord('n1', { zone })),
  fc
    .record({
      key: fc.constantFrom('shop/a', 'shop/b'),
      ips: fc.subarray(['10.0.0.1', '10.0.0.2']),
      ended: fc.boolean(),
    })
    .map(({ key, ...fields }) => podRecord(key, fields)),
);

type Step =
  | { readonly upsert: ObjectRecord }
  | { readonly remove: ObjectRecord }
  | 'publish'
  | { readonly synced: Kind };

const OWN = new Map([
  ['shop/x', [1, 2]],
  ['shop/y', [3, 4]],
  ['bank/x', [5, 6]],
]);
const peaceful = service((key) => OWN.get(key) ?? []);
const contested = service(() => [1, 2]);

function history(services: fc.Arbitrary<ObjectRecord>, synced: boolean): fc.Arbitrary<Step[]> {
  const record = fc.oneof(services, slice, others);
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 5, arbitrary: record.map((upsert) => ({ upsert })) },
    { weight: 2, arbitrary: record.map((remove) => ({ remove })) },
    { weight: 1, arbitrary: fc.constant('publish' as const) },
    { weight: synced ? 1 : 0, arbitrary: fc.constantFrom(...KINDS).map((kind) => ({ synced: kind })) },
  );
  // Without `max`, fast-check would stop at about ten: too few for a conflict that begins and ends.
  return fc.array(step, { maxLength: 40, size: 'max' });
}

function apply(catalog: Catalog, step: Step): void {
  if (step === 'publish') catalog.publish();
  else if ('upsert' in step) catalog.upsert(step.upsert);
  else if ('remove' in step) catalog.remove(step.remove);
  else catalog.synced(step.synced);
}

function finish(catalog: Catalog): object {
  for (const kind of KINDS) catalog.synced(kind);
  catalog.publish();
  return plain(catalog.picture);
}

/** The picture as plain values, in an order that does not depend on its history. */
function plain(picture: Picture) {
  const sorted = <V>(map: ReadonlyMap<string, V>): Record<string, V> =>
    Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
  const { services, namespaces, pods, problems, node, synced } = picture;
  const namespaceMap = new Map([...namespaces].map((name) => [name, true]));
  return structuredClone({
    services: sorted(services),
    namespaces: sorted(namespaceMap),
    pods: sorted(pods),
    problems: sorted(problems),
    node,
    synced,
  });
}

/** What a catalog shows that is told only the last state, in one go. */
function oneLoad(steps: readonly Step[], reversed: boolean): object {
  const last = new Map<string, ObjectRecord>();
  for (const step of steps) {
    if (step === 'publish') continue;
    if ('upsert' in step) last.set(describeObject(step.upsert), step.upsert);
    else if ('remove' in step) last.delete(describeObject(step.remove));
  }
  const catalog = new Catalog({ nodeName: 'n1' });
  const records = [...last.values()];
  for (const record of reversed ? records.toReversed() : records) catalog.upsert(record);
  return finish(catalog);
}

test('any history, published at any moments, ends in the picture of one load', () => {
  fc.assert(
    fc.property(history(peaceful, true), fc.boolean(), (steps, reversed) => {
      const catalog = new Catalog({ nodeName: 'n1' });
      for (const step of steps) apply(catalog, step);
      expect(finish(catalog)).toEqual(oneLoad(steps, reversed));
    }),
    { numRuns: 200 },
  );
});

test('before all is read, that holds for addresses and ports claimed twice as well', () => {
  fc.assert(
    fc.property(history(contested, false), fc.boolean(), (steps, reversed) => {
      const catalog = new Catalog({ nodeName: 'n1' });
      for (const step of steps) apply(catalog, step);
      expect(finish(catalog)).toEqual(oneLoad(steps, reversed));
    }),
    { numRuns: 200 },
  );
});

test('later, an address has one holder among those that claim it, who keeps it while he claims it', () => {
  const vips = fc.constantFrom('10.96.0.1', '10.96.0.2');
  fc.assert(
    fc.property(history(contested, true), vips, (steps, vip) => {
      const catalog = new Catalog({ nodeName: 'n1' });
      finish(catalog);
      const claimants = new Set<string>();
      let holder: string | undefined;
      for (const step of steps) {
        apply(catalog, step);
        if (step !== 'publish' && !('synced' in step)) {
          const record = 'upsert' in step ? step.upsert : step.remove;
          if (record.kind !== 'Service') continue;
          const key = `${record.namespace}/${record.name}`;
          const claims =
            'upsert' in step && record.type !== 'ExternalName' && record.clusterIPs.includes(vip);
          if (claims) claimants.add(key);
          else claimants.delete(key);
        }
        if (step !== 'publish') continue;
        const holders = [...catalog.picture.services]
          .filter(([, e]) => e.service.clusterIPs.includes(vip))
          .map(([key]) => key);
        expect(holders).toHaveLength(claimants.size === 0 ? 0 : 1);
        expect(holders.every((key) => claimants.has(key))).toBe(true);
        if (holder !== undefined && claimants.has(holder)) expect(holders).toEqual([holder]);
        holder = holders[0];
      }
    }),
    { numRuns: 200 },
  );
});

test('a change set names what differs, and nothing else', () => {
  fc.assert(
    fc.property(history(contested, true), (steps) => {
      const catalog = new Catalog({ nodeName: 'n1' });
      for (const step of [...steps, 'publish' as const]) {
        if (step !== 'publish') {
          apply(catalog, step);
          continue;
        }
        const before = plain(catalog.picture);
        const changes = catalog.publish();
        const after = plain(catalog.picture);
        for (const part of ['services', 'namespaces', 'pods', 'problems'] as const) {
          const names = new Set([...Object.keys(before[part]), ...Object.keys(after[part])]);
          const differ = [...names].filter(
            (name) => JSON.stringify(before[part][name]) !== JSON.stringify(after[part][name]),
          );
          expect([...(changes?.[part] ?? [])].sort()).toEqual(differ.sort());
        }
        expect(changes?.node ?? false).toBe(JSON.stringify(before.node) !== JSON.stringify(after.node));
        expect(changes?.synced ?? false).toBe(before.synced !== after.synced);
        if (changes !== undefined) expect(after).not.toEqual(before);
      }
    }),
    { numRuns: 200 },
  );
});
