import { join } from 'node:path';
import { expect, test } from 'vitest';
import { networkCommands } from '../../../src/playground/network/lay.ts';
import { machines, podMachines, TOPOLOGY } from '../../../src/playground/network/topology.ts';
import { contains, parseCidr } from '../../../src/net/cidr.ts';

const GOLDEN = join(import.meta.dirname, '../../golden/playground-network.txt');

test('the whole network as commands of ip', async () => {
  const text = networkCommands(TOPOLOGY)
    .map(({ netns, lines }) => [`# ${netns || 'the sandbox itself'}`, ...lines, ''].join('\n'))
    .join('\n');
  await expect(text).toMatchFileSnapshot(GOLDEN);
});

test('no address and no name is given twice', () => {
  const all = machines(TOPOLOGY).flatMap(({ name, ipv4, ipv6 }) => [name, ipv4, ipv6]);
  expect(new Set([...all, TOPOLOGY.api.ipv4, TOPOLOGY.api.ipv6]).size).toBe(all.length + 2);
});

test.each(TOPOLOGY.nodes)('pods of $name are in its ranges, and these in the cluster’s', (node) => {
  for (const pod of node.pods) {
    expect(within(node.podCIDRs[0], pod.ipv4)).toBe(true);
    expect(within(node.podCIDRs[1], pod.ipv6)).toBe(true);
    expect(within(TOPOLOGY.clusterCIDRs[0], pod.ipv4)).toBe(true);
    expect(within(TOPOLOGY.clusterCIDRs[1], pod.ipv6)).toBe(true);
  }
});

test('the first pods of an app are on different nodes, however few of them run', () => {
  const web = podMachines(TOPOLOGY).filter(({ app }) => app === 'web');
  const byName = web.sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ node }) => node);
  expect(byName).toEqual(['node-1', 'node-2', 'node-1', 'node-2']);
});

test('interface names fit the kernel', () => {
  // Veth ends on nodes and on the bridge carry the machines' names: 15 characters at most.
  expect(machines(TOPOLOGY).filter(({ name }) => name.length > 15)).toEqual([]);
});

function within(range: string, address: string): boolean {
  const cidr = parseCidr(range);
  return cidr !== undefined && contains(cidr, address);
}
