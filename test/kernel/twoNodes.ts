import type { Netns } from '../../src/playground/network/netns.ts';
import type { TestNet } from '../support/net.ts';

export interface TwoNodes {
  readonly node: Netns;
  readonly other: Netns;
  readonly pod: Netns;
}

/** A pod, its node, and another node, with routes between them in both families. */
export async function makeTwoNodes(net: TestNet): Promise<TwoNodes> {
  const [node, other, pod] = [
    await net.namespace('node'),
    await net.namespace('other'),
    await net.namespace('pod'),
  ];
  await net.link(node, ['10.0.0.1/24', 'fd00::1/64'], other, ['10.0.0.2/24', 'fd00::2/64']);
  await net.link(node, ['10.244.1.1/24', 'fd01::1/64'], pod, ['10.244.1.2/24', 'fd01::2/64']);
  await net.forward(node);
  await net.ip(pod, 'route add default via 10.244.1.1', 'route add default via fd01::1');
  await net.ip(other, 'route add 10.244.1.0/24 via 10.0.0.1', 'route add fd01::/64 via fd00::1');
  return { node, other, pod };
}
