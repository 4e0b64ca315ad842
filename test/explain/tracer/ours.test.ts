/** The tracer on rules of this project that need more than a packet to judge: affinity, and the lease of DNS. */
import { describe, expect, test } from 'vitest';
import { installInput, rulesOf, setName } from '../../../src/dns/node/rules.ts';
import type { Machine } from '../../../src/explain/tracer/packet.ts';
import { parseRuleset } from '../../../src/explain/tracer/ruleset.ts';
import { type Outcome, stepsOf, trace } from '../../../src/explain/tracer/trace.ts';
import { renderRuleset } from '../../../src/proxy/iptables/render.ts';
import { NODE_IP, pictureOf, POD, proxySettings, service, slice } from '../../proxy/cluster.ts';

const CLUSTER_IP = '10.96.0.10';
const ENDPOINTS = ['10.0.1.1', '10.0.1.2'];

const connect = (text: string, source: string, port: number, machine: Partial<Machine>): readonly Outcome[] =>
  trace(
    parseRuleset(text),
    {
      source,
      destination: CLUSTER_IP,
      protocol: 'tcp',
      port,
      entersBy: source === POD ? 'veth0' : undefined,
    },
    { addresses: [NODE_IP], ...machine },
  );

const show = ({ verdict, masqueraded, probability }: Outcome): string =>
  `${verdict.kind === 'dnat' ? verdict.to : verdict.kind}${masqueraded ? ' m' : ''} ${probability}`;

describe('affinity', () => {
  const records = [service('a/b', CLUSTER_IP, { affinitySeconds: 60 }), slice('a/b', ENDPOINTS)];
  const text = renderRuleset(pictureOf(records), proxySettings(), 'IPv4', []);

  test('a client that no endpoint remembers may go to each', () => {
    expect(connect(text, POD, 80, {}).map(show)).toEqual(['10.0.1.1:80 0.5', '10.0.1.2:80 0.5']);
  });

  test('a client goes to the endpoint that remembers it, whichever that is', () => {
    for (const outcome of connect(text, POD, 80, {})) {
      const remembered = new Set([
        stepsOf(outcome).findLast(({ chain }) => chain.startsWith('KUBE-SEP'))?.chain ?? '',
      ]);
      const again = connect(text, POD, 80, { remembered });
      expect(again.map(({ verdict }) => verdict)).toEqual([outcome.verdict]);
    }
  });
});

describe('DNS on the node', () => {
  const records = [
    service('kube-system/kube-dns', CLUSTER_IP, {
      ports: [{ name: 'p80', protocol: 'TCP', port: 53, nodePort: 0 }],
    }),
    slice('kube-system/kube-dns', ['10.0.9.9']),
  ];
  const own = (table: 'raw' | 'nat', hooks: readonly string[]): string =>
    installInput(table, rulesOf(table, 'IPv4', [CLUSTER_IP]), hooks);
  const text =
    renderRuleset(pictureOf(records), proxySettings(), 'IPv4', []) +
    own('raw', ['PREROUTING', 'OUTPUT']) +
    own('nat', ['POSTROUTING']);
  const node = (leased: readonly string[]): Partial<Machine> => ({
    // The agent puts the Service's address on lo.
    addresses: [NODE_IP, CLUSTER_IP],
    sets: new Map([[setName('IPv4'), new Set(leased)]]),
    route: () => 'eth0',
  });

  test('a query stays here while the lease lasts', () => {
    expect(connect(text, POD, 53, node([CLUSTER_IP])).map(show)).toEqual(['accept 1']);
  });

  test('and goes to another node when it has run out', () => {
    expect(connect(text, POD, 53, node([])).map(show)).toEqual(['10.0.9.9:80 1']);
  });

  test('what the node asks from that address itself leaves with another one', () => {
    expect(connect(text, CLUSTER_IP, 53, node([])).map(show)).toEqual(['10.0.9.9:80 m 1']);
  });
});
