/** Two nodes with an agent each, an API server, and pods that use what the agents make; see `accident.ts`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemExec } from '../../../src/host/exec.ts';
import { ApiServer } from '../../../src/playground/apiserver/apiServer.ts';
import { kubeconfig } from '../../../src/playground/folder.ts';
import { mustRun } from '../../../src/playground/network/netns.ts';
import type { Mode } from '../../../src/proxy/backend.ts';
import type { Draw } from '../../dns/fuzz/random.ts';
import type { Target } from '../../support/exchange.ts';
import type { TestNet } from '../../support/net.ts';
import { World } from '../agentWorld.ts';
import { fill } from '../apiWorld.ts';
import { DNS_VIPS, dnsObjects, nodeObject } from '../dnsObjects.ts';
import { peerService, startPeer, targetsAt } from '../peers.ts';
import { Kubelet } from './kubelet.ts';
import { CLUSTER_CIDRS, layNetwork, type Place } from './network.ts';
import { type Loss, Users } from './users.ts';

export interface ClusterSettings {
  /** Of the API server; no two tests at once may have the same. It ends in 1. */
  readonly api: string;
  readonly variant: 'nft' | 'legacy';
  readonly mode: Mode;
  /** For what may differ between runs. */
  readonly draw?: Draw;
}

export interface ClusterNode {
  readonly name: string;
  readonly world: World;
  readonly kubelet: Kubelet;
  /** A pod of this node. */
  readonly users: Users;
  /** Of programs that the agent finds before the machine's. */
  readonly programs: string;
}

/** What an accident may cost those who use a node: losses of these kinds, of this time (milliseconds of the epoch). */
export interface Cost {
  readonly node: ClusterNode;
  readonly kinds: readonly Loss['kind'][];
  readonly from: number;
  readonly to: number;
  /** Only losses that are told so. */
  readonly like?: RegExp;
}

/** Of pods of both nodes. */
export interface Losses {
  /** How many, by kind. */
  readonly explained: Readonly<Record<Loss['kind'], number>>;
  /** A line each. */
  readonly unexplained: readonly string[];
}

export interface NewService {
  readonly name: string;
  readonly clusterIPs: readonly [string, string];
}

const API_PORT = 6443;
const ECHO = ['10.96.0.30', 'fd00:96::30'] as const;
/** Where all peers are reached, for as long as the cluster is there. */
export const ECHO_TARGETS: readonly Target[] = targetsAt(ECHO);
const NAME = 'echo.shop.svc.cluster.local';
const CLOCK = join(import.meta.dirname, '../../support/setClockProgram.ts');
/** What was under way when an accident began may be told as lost by it: no client waits longer for a name. */
const UNDER_WAY_MS = 5_000;

export class Cluster {
  readonly settings: ClusterSettings;
  readonly api: ApiServer;
  readonly nodes: readonly [ClusterNode, ClusterNode];
  readonly #webs: readonly [v4: readonly string[], v6: readonly string[]];
  readonly #costs: Cost[] = [];
  #made = 0;
  #newest: NewService | undefined;

  constructor(
    settings: ClusterSettings,
    api: ApiServer,
    places: readonly Place[],
    nodes: [ClusterNode, ClusterNode],
  ) {
    this.settings = settings;
    this.api = api;
    this.nodes = nodes;
    this.#webs = [places.map(({ web }) => web.ipv4), places.map(({ web }) => web.ipv6)];
  }

  /** These losses were to be expected. */
  explain(cost: Cost): void {
    this.#costs.push(cost);
  }

  /** What was lost since this was last asked. */
  async losses(): Promise<Losses> {
    const told = await Promise.all(
      this.nodes.map(async (node) => ({ node, losses: await node.users.losses() })),
    );
    const explained = { name: 0, connection: 0 };
    const unexplained: string[] = [];
    for (const { node, losses } of told) {
      const costs = this.#costs.filter((cost) => cost.node === node);
      for (const { kind, at, what } of losses) {
        const covers = ({ kinds, from, to, like }: Cost): boolean =>
          kinds.includes(kind) && like?.test(what) !== false && at >= from - UNDER_WAY_MS && at <= to;
        if (costs.some(covers)) explained[kind] += 1;
        else unexplained.push(`${node.name}, ${new Date(at).toISOString()}: ${what}`);
      }
    }
    return { explained, unexplained };
  }

  /** All rules of the node, once they follow what is in the API server. */
  async rules({ world }: ClusterNode): Promise<string> {
    for (;;) {
      const rules = await world.rules(this.settings.variant);
      const newest = this.#newest?.clusterIPs ?? [];
      if (newest.every((address) => rules.includes(address))) return rules;
    }
  }

  /** Everything is used a few times more, new and old. */
  async more(): Promise<void> {
    await Promise.all(this.nodes.map(({ users }) => users.more()));
  }

  /** A Service of the peers that was not there before, in namespace `shop`. */
  create(): NewService {
    this.#made += 1;
    const n = this.#made;
    const name = `late-${n}`;
    const clusterIPs = [`10.96.${1 + (n >> 8)}.${n & 255}`, `fd00:96::1:${n.toString(16)}`] as const;
    const objects = peerService(name, clusterIPs, this.#webs);
    fill(
      this.api,
      objects.filter((object) => !('kind' in object && object.kind === 'Namespace')),
    );
    this.#newest = { name, clusterIPs };
    return this.#newest;
  }
}

/** Agents of both nodes are ready, and their pods use them. */
export async function makeCluster(net: TestNet, settings: ClusterSettings): Promise<Cluster> {
  const places = await layNetwork(net, settings.api);
  const api = new ApiServer({ serviceCIDRs: ['10.96.0.0/16', 'fd00:96::/108'] });
  net.atEnd(() => api.close());
  const webs = places.map(({ web }) => web);
  fill(api, [
    ...places.map(nodeObject),
    ...peerService('echo', ECHO, [webs.map(({ ipv4 }) => ipv4), webs.map(({ ipv6 }) => ipv6)]),
    ...dnsObjects(places),
  ]);
  await api.listen({ host: settings.api, port: API_PORT });
  await Promise.all(webs.map(({ netns }) => startPeer(net, netns)));
  const [first, second] = places.map((place) => makeNode(net, settings, place));
  if (first === undefined || second === undefined) throw new Error('there are two places');
  const nodes: [ClusterNode, ClusterNode] = [await first, await second];
  // In userspace mode connections end with the agent that carries them: there is nothing to hold on to.
  const held = settings.mode === 'iptables' ? ECHO_TARGETS : [];
  for (const { users } of nodes) await users.settle(held);
  return new Cluster(settings, api, places, nodes);
}

async function makeNode(net: TestNet, settings: ClusterSettings, place: Place): Promise<ClusterNode> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-'));
  const programs = join(folder, 'programs');
  mkdirSync(programs);
  await mountState(net, folder);
  const config = join(folder, 'kubeconfig');
  writeFileSync(config, kubeconfig(`http://${settings.api}:${API_PORT}`));
  const { netns: node, web, client, name } = place;
  const world = new World(
    net,
    { node, web: web.netns, client: client.netns },
    folder,
    settings.variant,
    name,
  );
  const flags = ['--kubeconfig', config, `--mode=${settings.mode}`, ...world.flags];
  const kubelet = new Kubelet(world, [...flags, `--cluster-cidr=${CLUSTER_CIDRS[1]}`], {
    PATH: `${programs}:${process.env['PATH'] ?? ''}`,
    NODE_OPTIONS: `--disable-warning=ExperimentalWarning --import ${CLOCK}`,
  });
  kubelet.start();
  await kubelet.ready();
  const names = { name: NAME, servers: DNS_VIPS, pauseMs: 100 };
  const users = await Users.begin(net, client.netns, { targets: ECHO_TARGETS, names });
  return { name, world, kubelet, users, programs };
}

/** A state folder that is soon full, and then the folder of all that the node has. */
async function mountState(net: TestNet, folder: string): Promise<void> {
  const state = join(folder, 'state');
  mkdirSync(state);
  await mustRun(systemExec, ['mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', state]);
  net.atEnd(async () => {
    await systemExec.run(['umount', '--lazy', state]);
    rmSync(folder, { recursive: true, force: true });
  });
}
