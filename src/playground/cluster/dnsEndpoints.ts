/** Keeps the DNS Service's EndpointSlice: a node's agent is an endpoint, ready as its own /readyz says. */
import type { NodeMachine } from '../network/topology.ts';
import type { ApiClient } from './apiClient.ts';
import { dnsSlice, slicesPath } from './objects.ts';

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
    const slice = dnsSlice('IPv4', nodes);
    const path = slicesPath('kube-system');
    const { status } = await this.#api.call('POST', path, slice);
    if (status === 409) {
      const { endpoints } = slice;
      const patch = 'application/merge-patch+json';
      await this.#api.must('PATCH', `${path}/${slice.metadata.name}`, { endpoints }, patch);
    }
    this.#published = ready.join();
    return ready;
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
