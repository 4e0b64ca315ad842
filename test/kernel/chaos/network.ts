/**
 * Two nodes behind a router, which is how they reach each other and whoever the rules do not know; two pods on each, one
 * that serves and one that asks.
 */
import { systemExec } from '../../../src/host/exec.ts';
import { inNetns, mustRun, type Netns } from '../../../src/playground/network/netns.ts';
import type { TestNet } from '../../support/net.ts';
import { wire } from '../apiWorld.ts';
import type { NodeAddresses } from '../dnsObjects.ts';

export interface Pod {
  readonly netns: Netns;
  readonly ipv4: string;
  readonly ipv6: string;
}

export interface Place extends NodeAddresses {
  readonly netns: Netns;
  readonly web: Pod;
  readonly client: Pod;
}

/** Pods of both nodes. */
export const CLUSTER_CIDRS: readonly string[] = ['10.244.0.0/16', 'fd00:244::/32'];

/** Beyond the router is the API server, at this address; see `wire`. */
export async function layNetwork(net: TestNet, api: string): Promise<readonly [Place, Place]> {
  const router = await net.namespace('router');
  await route(net, router);
  await wire({ net, node: router }, api);
  // The API server's side knows no way back to nodes: they share a sandbox with those of other tests.
  const masquerade = ['-t', 'nat', '-A', 'POSTROUTING', '-o', 'api', '-j', 'MASQUERADE'];
  await mustRun(systemExec, inNetns(router.name, ['iptables-nft', ...masquerade]));
  return [await makePlace(net, router, 1), await makePlace(net, router, 2)];
}

async function makePlace(net: TestNet, router: Netns, n: number): Promise<Place> {
  const netns = await net.namespace(`node${n}`);
  await route(net, netns);
  const [ipv4, ipv6] = [`10.0.${n}.2`, `fd00:0:${n}::2`];
  await net.link(router, [`10.0.${n}.1/24`, `fd00:0:${n}::1/64`], netns, [`${ipv4}/24`, `${ipv6}/64`]);
  await net.ip(netns, `route add default via 10.0.${n}.1`, `route add default via fd00:0:${n}::1`);
  const pods = [await makePod(net, netns, 10 * n), await makePod(net, netns, 10 * n + 1)] as const;
  await net.ip(
    router,
    ...pods.flatMap((pod) => [`route add ${pod.ipv4} via ${ipv4}`, `route add ${pod.ipv6} via ${ipv6}`]),
  );
  return { name: `n${n}`, netns, ipv4, ipv6, web: pods[0], client: pods[1] };
}

async function makePod(net: TestNet, node: Netns, subnet: number): Promise<Pod> {
  const netns = await net.namespace(`pod${subnet}`);
  const [near, far] = [1, 2].map((host) => [`10.244.${subnet}.${host}`, `fd00:244:${subnet}::${host}`]);
  const [near4 = '', near6 = ''] = near ?? [];
  const [ipv4 = '', ipv6 = ''] = far ?? [];
  await net.link(node, [`${near4}/24`, `${near6}/64`], netns, [`${ipv4}/24`, `${ipv6}/64`]);
  await net.ip(netns, `route add default via ${near4}`, `route add default via ${near6}`);
  return { netns, ipv4, ipv6 };
}

async function route(net: TestNet, netns: Netns): Promise<void> {
  await net.forward(netns);
  // What leads nowhere is told at once, however much of it there is: else clients would hang, and tests with them.
  const unlimited = ['net.ipv4.icmp_ratelimit=0', 'net.ipv6.icmp.ratelimit=0'];
  await mustRun(systemExec, inNetns(netns.name, ['sysctl', '-qw', ...unlimited]));
}
