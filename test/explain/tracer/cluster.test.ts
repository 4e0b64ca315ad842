import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRuleset, type Ruleset } from '../../../src/explain/tracer/ruleset.ts';
import { type Outcome, trace } from '../../../src/explain/tracer/trace.ts';
import type { EndpointSliceRecord, ServiceRecord } from '../../../src/kube/records.ts';
import { FAMILIES, type Family, familyOf } from '../../../src/net/ip.ts';
import { renderRuleset } from '../../../src/proxy/iptables/render.ts';
import { loadedCatalog, POD, proxySettings } from '../../proxy/cluster.ts';
import { makeCluster } from '../../support/cluster.ts';

/** What a new connection may cost, however many Services there are. */
const MOST_RULES = 64;

const POD_6 = 'fd00:10::2';

const size = fc.record({
  services: fc.integer({ min: 1, max: 2000 }),
  endpointsPerService: fc.integer({ min: 0, max: 6 }),
  namespaces: fc.integer({ min: 1, max: 50 }),
  nodes: fc.integer({ min: 1, max: 20 }),
  dualStack: fc.boolean(),
});

test('every Service of a cluster is reached by its clusterIP, each endpoint as often as the others', () => {
  const largest = { services: 2000, endpointsPerService: 5, namespaces: 10, nodes: 10, dualStack: false };
  fc.assert(
    fc.property(size, (clusterSize) => {
      const { services, slices, records } = makeCluster(clusterSize);
      const { picture } = loadedCatalog(records);
      for (const family of clusterSize.dualStack ? FAMILIES : (['IPv4'] as const)) {
        const endpoints = endpointsByService(slices, family);
        const ruleset = parseRuleset(renderRuleset(picture, proxySettings(), family, []));
        // One assertion for all: thousands of them take longer than what they are about.
        const wrong = services.flatMap((service) => {
          const expected = endpoints.get(`${service.namespace}/${service.name}`) ?? ['reject'];
          const outcomes = connect(ruleset, service, family);
          return judge(outcomes, expected).map((problem) => `${service.name}: ${problem}`);
        });
        expect(wrong).toEqual([]);
      }
    }),
    { numRuns: 5, examples: [[largest]] },
  );
});

function judge(outcomes: readonly Outcome[], expected: readonly string[]): readonly string[] {
  const met = outcomes.map(destination).sort().join();
  const sum = outcomes.reduce((total, { probability }) => total + probability, 0);
  // A rule has ten decimals of a probability, and up to five of them follow each other.
  const unfair = outcomes.filter(({ probability }) => Math.abs(probability - 1 / outcomes.length) > 1e-8);
  const most = Math.max(...outcomes.map(({ walked }) => walked));
  return [
    ...(met === expected.join() ? [] : [`reaches ${met}`]),
    ...(Math.abs(sum - 1) < 1e-9 ? [] : [`probabilities add up to ${sum}`]),
    ...unfair.map((outcome) => `${destination(outcome)} with ${outcome.probability}`),
    ...(most <= MOST_RULES ? [] : [`walks ${most} rules`]),
  ];
}

/** `ADDRESS:PORT`, sorted. */
function endpointsByService(
  slices: readonly EndpointSliceRecord[],
  family: Family,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const slice of slices.filter(({ addressType }) => addressType === family)) {
    const key = `${slice.namespace}/${slice.serviceName}`;
    const texts = slice.endpoints.map(({ address }) =>
      family === 'IPv6' ? `[${address}]:8080` : `${address}:8080`,
    );
    found.set(key, [...(found.get(key) ?? []), ...texts].sort());
  }
  return found;
}

function connect(ruleset: Ruleset, service: ServiceRecord, family: Family): readonly Outcome[] {
  const clusterIP = service.clusterIPs.find((address) => familyOf(address) === family) ?? '';
  return trace(
    ruleset,
    {
      source: family === 'IPv4' ? POD : POD_6,
      destination: clusterIP,
      protocol: 'tcp',
      port: 80,
      entersBy: 'veth0',
    },
    { addresses: [] },
  );
}

function destination({ verdict }: Outcome): string {
  return verdict.kind === 'dnat' ? verdict.to : verdict.kind;
}
