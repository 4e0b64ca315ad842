/** Keeps the DNS Service's EndpointSlices: a node's agent is an endpoint, ready as its own /readyz says. */
import { FAMILIES } from '../../net/ip.ts';
import type { NodeMachine } from '../network/topology.ts';
import type { ApiClient } from './apiClient.ts';
import { dnsSlice, type EndpointSliceObject, slicesPath } from './objects.ts';

/** Whether the node's agent says that it is ready. Never rejects. */
export type Probe = (node: NodeMachine) => Promise<boolean>;

export class DnsEndpoints {
  readonly #api: ApiClient;
  readonly #nodes: readonly NodeMachine[];
  readonly #probe: Probe;
  #published: string | undefined;

  constructor(api: ApiClient, nodes: readonly NodeMachine[], probe: Probe) {
    this.#api = api;
    this.#nodes = nodes;
    this.#probe = probe;
  }

  /** Asks all agents and publishes what changed; resolves to the nodes that are ready. */
  async refresh(): Promise<readonly string[]> {
    const nodes = await Promise.all(
      this.#nodes.map(async (node) => ({ node, ready: await this.#probe(node) })),
    );
    const ready = nodes.filter((node) => node.ready).map(({ node }) => node.name);
    if (ready.join() === this.#published) return ready;
    for (const family of FAMILIES) await this.#publish(dnsSlice(family, nodes));
    this.#published = ready.join();
    return ready;
  }

  async #publish(slice: EndpointSliceObject): Promise<void> {
    const path = slicesPath('kube-system');
    const { status } = await this.#api.call('POST', path, slice);
    if (status !== 409) return;
    const { metadata, endpoints } = slice;
    await this.#api.must('PATCH', `${path}/${metadata.name}`, { endpoints }, 'application/merge-patch+json');
  }
}

/** GET of the agent's health server. */
export async function probeAgent(node: NodeMachine): Promise<boolean> {
  try {
    const reply = await fetch(`http://${node.ipv4}:10256/readyz`, { signal: AbortSignal.timeout(800) });
    await reply.body?.cancel();
    return reply.status === 200;
  } catch {
    return false;
  }
}
