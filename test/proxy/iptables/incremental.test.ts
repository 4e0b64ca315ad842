/** Any sequence of syncs ends in the rules of one full sync, and no step on the way harms a bystander. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Backend } from '../../../src/proxy/backend.ts';
import { createIptablesBackend } from '../../../src/proxy/iptables/backend.ts';
import type { ProxySettings } from '../../../src/proxy/settings.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeIptables } from '../../fake/iptables.ts';
import { send } from '../../fake/iptablesPacket.ts';
import { FakeLog } from '../../fake/log.ts';
import { endpointRecord, portRecord, serviceRecord, sliceRecord } from '../../support/records.ts';
import { loadedCatalog, NODE, NODE_IP, OUTSIDE, proxySettings } from '../cluster.ts';

const BYSTANDER = '10.96.255.1';

function backendOn(exec: FakeIptables, settings: ProxySettings): Promise<Backend> {
  return createIptablesBackend({
    settings,
    exec,
    sysctl: { read: () => Promise.resolve('1'), write: () => Promise.resolve() },
    log: new FakeLog(),
    clock: new FakeClock(),
    localAddresses: () => Promise.resolve([NODE_IP]),
  });
}

/** What a Service may become; few addresses and ports, so that they meet. */
const shape = fc.record({
  clusterIP: fc.nat({ max: 40 }),
  port: fc.constantFrom(80, 81, 443),
  nodePort: fc.constantFrom(0, 0, 30_001, 30_002, 30_900),
  externalIPs: fc.subarray(['198.51.100.1', '198.51.100.2', '203.0.113.77']),
  vip: fc.boolean(),
  ranges: fc.subarray(['203.0.113.0/25', '192.168.0.0/24', '0.0.0.0/0']),
  affinity: fc.constantFrom(0, 0, 10_800),
  externalTrafficLocal: fc.boolean(),
  internalTrafficLocal: fc.boolean(),
  endpoints: fc.array(fc.tuple(fc.nat({ max: 5 }), fc.boolean(), fc.boolean()), { maxLength: 4 }),
});

const step = fc.record({
  service: fc.nat({ max: 90 }),
  shape: fc.option(shape, { freq: 4, nil: undefined }),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function apply(catalog: ReturnType<typeof loadedCatalog>, { service: n, shape: to }: Step): void {
  const key = `shop/s${n}`;
  const [service, slice] = [serviceRecord(key), sliceRecord(`${key}-x`)];
  if (to === undefined) {
    catalog.remove(service);
    catalog.remove(slice);
    return;
  }
  catalog.upsert({
    ...service,
    type: 'LoadBalancer',
    // Services do not share a clusterIP: the catalog would set one aside.
    clusterIPs: [`10.96.${to.clusterIP}.${n + 1}`],
    ports: [portRecord({ port: to.port, nodePort: to.nodePort })],
    externalIPs: to.externalIPs,
    ingress: to.vip ? [{ ip: '203.0.113.200', ipMode: '' }] : [],
    loadBalancerSourceRanges: to.ranges,
    affinitySeconds: to.affinity,
    externalTrafficLocal: to.externalTrafficLocal,
    internalTrafficLocal: to.internalTrafficLocal,
  });
  catalog.upsert({
    ...slice,
    endpoints: to.endpoints.map(([address, ready, local]) =>
      endpointRecord(`10.0.1.${address + 1}`, { ready, nodeName: local ? NODE : '' }),
    ),
  });
}

/** Enough that the shared chains are trees, and few enough that they may become flat again. */
const crowd = Array.from({ length: 70 }, (_, n) => [
  serviceRecord(`shop/s${n}`, { clusterIPs: [`10.96.0.${n + 1}`] }),
  sliceRecord(`shop/s${n}-x`, { endpoints: n % 3 === 0 ? [] : [endpointRecord('10.0.1.1')] }),
]).flat();

test.each(['nft', 'legacy'] as const)(
  'on %s, the rules after any changes are those of one full sync',
  async (variant) => {
    const settings = proxySettings({ iptablesBackend: variant, families: ['IPv4'] });
    const bursts = fc.array(fc.array(step, { minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(bursts, async (sequence) => {
        const catalog = loadedCatalog([
          ...crowd,
          serviceRecord('shop/bystander', { clusterIPs: [BYSTANDER] }),
          sliceRecord('shop/bystander-x', { endpoints: [endpointRecord('10.0.9.9')] }),
        ]);
        const exec = new FakeIptables();
        const backend = await backendOn(exec, settings);
        await backend.sync(catalog.picture, undefined);

        const packet = { from: OUTSIDE, to: BYSTANDER, port: 80, local: [NODE_IP] };
        const reached = (): readonly string[] => send(exec.tables(variant), packet).endpoints;
        expect(reached()).toEqual(['10.0.9.9:8080 m']);
        exec.onCommit = () => expect(reached()).toEqual(['10.0.9.9:8080 m']);
        for (const burst of sequence) {
          for (const change of burst) apply(catalog, change);
          const changes = catalog.publish();
          if (changes !== undefined) await backend.sync(catalog.picture, changes);
        }

        const fresh = new FakeIptables();
        await (await backendOn(fresh, settings)).sync(catalog.picture, undefined);
        expect(exec.dump(variant)).toBe(fresh.dump(variant));
      }),
      { numRuns: 40 },
    );
  },
);
