import { expect, test } from 'vitest';
import type { ChangeSet, Picture, ThisNode } from '../../src/catalog/picture.ts';
import type { Family } from '../../src/net/ip.ts';
import { NO_CHANGES } from '../../src/proxy/changes.ts';
import { needOfNode, NodeGate, type NodeNeed } from '../../src/proxy/nodeGate.ts';
import type { ProxySettings } from '../../src/proxy/settings.ts';
import { FakeLog } from '../fake/log.ts';
import { cidr, pictureOf, proxySettings } from './cluster.ts';

const V4: readonly Family[] = ['IPv4'];
const BOTH: readonly Family[] = ['IPv4', 'IPv6'];

test.each<Partial<ProxySettings>>([
  {},
  { detectLocal: { mode: 'BridgeInterface', bridge: 'cni0' } },
  { nodePortAddresses: [cidr('10.0.0.0/8')] },
])('%j needs nothing of the Node', (fields) => {
  expect(needOfNode(proxySettings(fields), BOTH)).toBeUndefined();
});

const NODE_CIDR = { detectLocal: { mode: 'NodeCIDR' } } as const;
const PRIMARY = { nodePortAddresses: 'primary' } as const;

test.each<
  readonly [
    fields: Partial<ProxySettings>,
    families: readonly Family[],
    node: Partial<ThisNode> | undefined,
    missing: string,
  ]
>([
  [NODE_CIDR, BOTH, undefined, 'this Node is not read yet'],
  [NODE_CIDR, BOTH, {}, 'spec.podCIDRs of Node n1 has nothing of IPv4 or IPv6'],
  [NODE_CIDR, BOTH, { podCIDRs: ['fd00::/64'] }, ''],
  [NODE_CIDR, V4, { podCIDRs: ['fd00::/64'] }, 'spec.podCIDRs of Node n1 has nothing of IPv4'],
  [NODE_CIDR, V4, { podCIDRs: ['fd00::/64', '10.0.0.0/24'] }, ''],
  [PRIMARY, BOTH, undefined, 'this Node is not read yet'],
  [PRIMARY, V4, { addresses: ['fd00::1'] }, 'status.addresses of Node n1 has nothing of IPv4'],
  [PRIMARY, V4, { addresses: ['fd00::1', '10.0.0.1'] }, ''],
])('under %j, routing %j, Node %j: %s', (fields, families, node, missing) => {
  const whole = node && { name: 'n1', addresses: [], podCIDRs: [], zone: '', leaving: false, ...node };
  expect(needOfNode(proxySettings(fields), families)?.missing(whole)).toBe(missing);
});

test('the first sync waits for the Node, then looks at everything; later ones pass as they are', () => {
  const passed: (ChangeSet | undefined)[] = [];
  const log = new FakeLog();
  const need: NodeNeed = {
    setting: '--a-setting',
    missing: (node) => (node === undefined ? 'no Node' : node.zone === '' ? 'no zone' : ''),
  };
  const gate = new NodeGate({ update: (_, changes) => void passed.push(changes) }, log, need);
  const zoneless = pictureOf([]);
  const unknown: Picture = { ...zoneless, node: undefined };
  const known: Picture = { ...zoneless, node: zoneless.node && { ...zoneless.node, zone: 'a' } };

  gate.update({ ...known, synced: false }, NO_CHANGES);
  gate.update(unknown, { ...NO_CHANGES, synced: true });
  gate.update(unknown, NO_CHANGES);
  gate.update(zoneless, NO_CHANGES);
  expect(passed).toEqual([]);
  expect(gate.missing).toBe('no zone');
  expect(log.lines.map(({ message, fields }) => [message, fields])).toEqual([
    ['rules wait: no Node', { needed: '--a-setting' }],
    ['rules wait: no zone', { needed: '--a-setting' }],
  ]);

  gate.update(known, NO_CHANGES);
  expect(passed).toEqual([undefined]);
  expect(gate.missing).toBe('');
  gate.update(known, NO_CHANGES);
  gate.update(unknown, NO_CHANGES);
  expect(passed).toEqual([undefined, NO_CHANGES, NO_CHANGES]);
});
