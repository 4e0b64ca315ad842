import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Endpoint, EndpointGroup } from '../../src/catalog/endpoint.ts';
import { endpointsOfPort, selectEndpoints, type TrafficPolicy } from '../../src/catalog/selection.ts';
import type { PortEndpoint } from '../../src/catalog/portEndpoint.ts';
import type { NodeTopology } from '../../src/catalog/topology.ts';

const NODE: NodeTopology = { name: 'n1', zone: 'z1' };
const POLICIES = {
  Cluster: { usesCluster: true, usesLocal: false },
  Local: { usesCluster: false, usesLocal: true },
  both: { usesCluster: true, usesLocal: true },
} satisfies Record<string, TrafficPolicy>;

/**
 * `a:RSL:z1,z2:n1` is the endpoint `a`: Ready, Serving, Terminating, Local; zone hints; node hints.
 */
function endpoint(text: string): PortEndpoint {
  const [name = '', flags = '', zones = '', nodes = ''] = text.split(':');
  return {
    address: name,
    port: 80,
    text: name,
    ready: flags.includes('R'),
    serving: flags.includes('S'),
    terminating: flags.includes('T'),
    local: flags.includes('L'),
    zoneHints: zones.split(',').filter((zone) => zone !== ''),
    nodeHints: nodes.split(',').filter((node) => node !== ''),
  };
}

const names = (endpoints: readonly PortEndpoint[]): string => endpoints.map((e) => e.text).join(' ');

/** `cluster | local | reachable | hasAny`, as the tables below write it. */
function selected(endpoints: string, policy: TrafficPolicy, node: NodeTopology = NODE): string {
  const list = endpoints.split(' ').filter((text) => text !== '');
  const { cluster, local, reachable, hasAny } = selectEndpoints(list.map(endpoint), policy, node);
  return [names(cluster), names(local), names(reachable), hasAny ? 'any' : 'none'].join(' | ');
}

describe('one endpoint in every state it can be in', () => {
  // Ready alone and Terminating alone count as well as with Serving: publishNotReadyAddresses makes such endpoints.
  test.each([
    ['-', 'Cluster', ' |  |  | none'],
    ['S', 'Cluster', ' |  |  | none'],
    ['T', 'Cluster', ' |  |  | none'],
    ['ST', 'Cluster', 'a |  | a | any'],
    ['R', 'Cluster', 'a |  | a | any'],
    ['RS', 'Cluster', 'a |  | a | any'],
    ['RT', 'Cluster', 'a |  | a | any'],
    ['RST', 'Cluster', 'a |  | a | any'],
    ['-', 'Local', ' |  |  | none'],
    ['S', 'Local', ' |  |  | none'],
    ['T', 'Local', ' |  |  | none'],
    ['ST', 'Local', ' |  |  | any'],
    ['R', 'Local', ' |  |  | any'],
    ['RS', 'Local', ' |  |  | any'],
    ['RT', 'Local', ' |  |  | any'],
    ['RST', 'Local', ' |  |  | any'],
    ['L', 'Local', ' |  |  | none'],
    ['SL', 'Local', ' |  |  | none'],
    ['TL', 'Local', ' |  |  | none'],
    ['STL', 'Local', ' | a | a | any'],
    ['RL', 'Local', ' | a | a | any'],
    ['RSL', 'Local', ' | a | a | any'],
    ['RTL', 'Local', ' | a | a | any'],
    ['RSTL', 'Local', ' | a | a | any'],
    ['-', 'both', ' |  |  | none'],
    ['S', 'both', ' |  |  | none'],
    ['T', 'both', ' |  |  | none'],
    ['ST', 'both', 'a |  | a | any'],
    ['R', 'both', 'a |  | a | any'],
    ['RST', 'both', 'a |  | a | any'],
    ['SL', 'both', ' |  |  | none'],
    ['STL', 'both', 'a | a | a | any'],
    ['RL', 'both', 'a | a | a | any'],
    ['RSTL', 'both', 'a | a | a | any'],
  ] as const)('%s under %s', (flags, policy, wanted) => {
    expect(selected(`a:${flags}`, POLICIES[policy])).toBe(wanted);
  });
});

describe('several endpoints', () => {
  test.each([
    ['none at all', 'both', '', ' |  |  | none'],
    ['ready ones only, where there are any', 'Cluster', 'a:RS b:ST c:S', 'a |  | a | any'],
    ['terminating ones, where none is ready', 'Cluster', 'a:ST b:ST c:T d:S', 'a b |  | a b | any'],
    ['Local keeps to this node', 'Local', 'a:RSL b:RS', ' | a | a | any'],
    ['Local drops while somebody serves elsewhere', 'Local', 'a:SL b:RS', ' |  |  | any'],
    ['Local drops while somebody still serves elsewhere', 'Local', 'a:L b:ST', ' |  |  | any'],
    ['Local refuses when nobody serves', 'Local', 'a:SL b:S', ' |  |  | none'],
    ['Local falls back on its own', 'both', 'a:STL b:RS', 'b | a | a b | any'],
    ['Cluster falls back, Local has none', 'both', 'a:ST b:SL', 'a |  | a | any'],
    ['a ready local one hides a terminating local one', 'both', 'a:RSL b:STL c:RS', 'a c | a | a c | any'],
  ] as const)('%s', (_, policy, endpoints, wanted) => {
    expect(selected(endpoints, POLICIES[policy])).toBe(wanted);
  });
});

describe('topology hints', () => {
  test.each([
    ['all have one, ours among them', 'a:RS:z1 b:RS:z2', 'a |  | a | any'],
    ['several zones in one hint', 'a:RS:z2,z1 b:RS:z2', 'a |  | a | any'],
    ['missing on one endpoint: all count', 'a:RS:z1 b:RS', 'a b |  | a b | any'],
    ['missing on one that is not ready: still bind', 'a:RS:z1 b:S c:RS:z2', 'a |  | a | any'],
    ['none for our zone: all count', 'a:RS:z2 b:RS:z3', 'a b |  | a b | any'],
    ['a node hint beats a zone hint', 'a:RS:z1:n1 b:RS:z1:n2', 'a |  | a | any'],
    ['node hints for other nodes only: zones decide', 'a:RS:z1:n2 b:RS:z2:n3', 'a |  | a | any'],
    ['node hints missing on one: zones decide', 'a:RS:z2:n1 b:RS:z1', 'b |  | b | any'],
    ['only a not ready one is meant for us: all count', 'a:S:z1 b:RS:z2', 'b |  | b | any'],
    ['terminating fallback ignores them', 'a:ST:z2 b:ST:z1 c:ST', 'a b c |  | a b c | any'],
  ])('%s', (_, endpoints, wanted) => {
    expect(selected(endpoints, POLICIES.Cluster)).toBe(wanted);
  });

  test('a node without a zone label follows no zone, not even the empty one', () => {
    expect(selected('a:RS:z1 b:RS:z2', POLICIES.Cluster, { name: 'n1', zone: '' })).toBe(
      'a b |  | a b | any',
    );
    const empty = { ...endpoint('a:RS'), zoneHints: [''] };
    const other = { ...endpoint('b:RS'), zoneHints: ['z2'] };
    expect(selectEndpoints([empty, other], POLICIES.Cluster, { name: '', zone: '' }).cluster).toHaveLength(2);
  });

  test('Local ignores them, and what it uses is reachable too', () => {
    expect(selected('a:RSL:z2 b:RS:z1', POLICIES.both)).toBe('b | a | a b | any');
    expect(selected('a:RSL:z2 b:RS:z1', POLICIES.Local)).toBe(' | a | a | any');
  });
});

function group(
  name: string,
  addresses: readonly string[],
  more: Partial<Endpoint> = {},
  ports = [80],
): EndpointGroup {
  return {
    name,
    family: addresses[0]?.includes(':') === true ? 'IPv6' : 'IPv4',
    ports: ports.map((port) => ({ name: 'p', protocol: 'TCP', port })),
    endpoints: addresses.map((address) => ({
      address,
      ready: true,
      serving: true,
      terminating: false,
      local: false,
      hostname: '',
      podName: '',
      nodeName: '',
      zone: '',
      zoneHints: [],
      nodeHints: [],
      ...more,
    })),
    triggeredAt: 0,
  };
}

describe('endpoints of a port', () => {
  const texts = (groups: EndpointGroup[], family: 'IPv4' | 'IPv6' = 'IPv4'): string[] =>
    endpointsOfPort(groups, family, 'p', 'TCP').map((e) => e.text);

  test('are in byte order, not in that of numbers or of a language', () => {
    expect(texts([group('a', ['10.2.2.2', '10.2.2.22'], {}, [22])])).toEqual(['10.2.2.22:22', '10.2.2.2:22']);
    expect(texts([group('a', ['fd00::a', 'fd00::', 'fd00::1'])], 'IPv6')).toEqual([
      '[fd00::1]:80',
      '[fd00::]:80',
      '[fd00::a]:80',
    ]);
  });

  test('are those of the port’s name, protocol and family', () => {
    const groups: EndpointGroup[] = [
      group('a', ['10.0.0.1']),
      { ...group('b', ['10.0.0.2']), ports: [{ name: 'q', protocol: 'TCP', port: 81 }] },
      { ...group('c', ['10.0.0.3']), ports: [{ name: 'p', protocol: 'UDP', port: 81 }] },
      group('d', ['fd00::1']),
    ];
    expect(texts(groups)).toEqual(['10.0.0.1:80']);
    expect(texts(groups, 'IPv6')).toEqual(['[fd00::1]:80']);
  });

  test('come from every slice, with the port of theirs', () => {
    expect(texts([group('a', ['10.0.0.1']), group('b', ['10.0.0.1', '10.0.0.2'], {}, [81, 82])])).toEqual([
      '10.0.0.1:80',
      '10.0.0.1:81',
      '10.0.0.1:82',
      '10.0.0.2:81',
      '10.0.0.2:82',
    ]);
  });

  const going = { ready: false, terminating: true };
  test.each([
    ['the later one wins', {}, { ready: false }, { ready: false, terminating: false }],
    ['unless it is going', {}, going, { ready: true, terminating: false }],
    ['it wins over one that is going', going, {}, { ready: true, terminating: false }],
    ['of two that are going the first stays', { ...going, serving: false }, going, { serving: false }],
  ])('held by two slices: %s', (_, first, second, wanted) => {
    const found = endpointsOfPort(
      [group('a', ['10.0.0.1'], first), group('b', ['10.0.0.1'], second)],
      'IPv4',
      'p',
      'TCP',
    );
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject(wanted);
  });
});

describe('for any endpoints', () => {
  const some = fc.array(
    fc.record({
      ready: fc.boolean(),
      serving: fc.boolean(),
      terminating: fc.boolean(),
      local: fc.boolean(),
      zoneHints: fc.subarray(['z1', 'z2']),
      nodeHints: fc.subarray(['n1', 'n2']),
    }),
    { maxLength: 8 },
  );
  const endpoints = some.map((list) =>
    list.map((e, i) => ({ ...e, address: `${i}`, port: 80, text: `${i}` })),
  );
  const policy = fc.constantFrom(...Object.values(POLICIES));
  const node = fc.record({ name: fc.constantFrom('n1', 'n3'), zone: fc.constantFrom('z1', 'z3', '') });
  const usable = (e: PortEndpoint): boolean => e.ready || (e.serving && e.terminating);

  test('what is used is usable, local is local, and reachable is exactly what is used', () => {
    fc.assert(
      fc.property(endpoints, policy, node, (list, p, n) => {
        const { cluster, local, reachable } = selectEndpoints(list, p, n);
        expect([...cluster, ...local].every(usable)).toBe(true);
        expect(local.every((e) => e.local)).toBe(true);
        expect(reachable).toEqual(list.filter((e) => cluster.includes(e) || local.includes(e)));
      }),
    );
  });

  test('traffic is refused only when nobody could take it', () => {
    fc.assert(
      fc.property(endpoints, policy, node, (list, p, n) => {
        const { cluster, local, hasAny } = selectEndpoints(list, p, n);
        expect(hasAny).toBe(list.some(usable));
        if (p.usesCluster) expect(cluster.length > 0).toBe(hasAny);
        if (p.usesLocal) expect(local.length > 0).toBe(list.some((e) => e.local && usable(e)));
      }),
    );
  });

  test('a ready endpoint is never mixed with a terminating one', () => {
    fc.assert(
      fc.property(endpoints, policy, node, (list, p, n) => {
        const { cluster, local } = selectEndpoints(list, p, n);
        for (const used of [cluster, local]) expect(new Set(used.map((e) => e.ready)).size).toBeLessThan(2);
      }),
    );
  });

  test('hints change who is used, never whether somebody is', () => {
    fc.assert(
      fc.property(endpoints, policy, node, (list, p, n) => {
        const plain = list.map((e) => ({ ...e, zoneHints: [], nodeHints: [] }));
        const hinted = selectEndpoints(list, p, n);
        const unhinted = selectEndpoints(plain, p, n);
        expect(hinted.hasAny).toBe(unhinted.hasAny);
        expect(names(hinted.local)).toBe(names(unhinted.local));
        expect(unhinted.cluster.map((e) => e.text)).toEqual(
          expect.arrayContaining(hinted.cluster.map((e) => e.text)),
        );
      }),
    );
  });
});
