/** Everything that lives in the playground's machines: programs of pods, agents, and the controllers of both. */
import { spawn } from 'node:child_process';
import { sleep, systemClock } from '../host/clock.ts';
import { Agents } from './cluster/agents.ts';
import { ApiClient } from './cluster/apiClient.ts';
import { DnsEndpoints, probeAgent } from './cluster/dnsEndpoints.ts';
import { Kubelet, type StartPod } from './cluster/kubelet.ts';
import { Scaler } from './cluster/scaler.ts';
import type { Folder } from './folder.ts';
import { enterFromInside } from './network/enter.ts';
import type { RunningMachine } from './network/machine.ts';
import { type PodMachine, podMachines, TOPOLOGY } from './network/topology.ts';
import { NodeKubelet } from './node/nodeKubelet.ts';
import { MachineRuntime } from './node/runtime.ts';

export interface ClusterSettings {
  readonly folder: Folder;
  readonly machines: ReadonlyMap<string, RunningMachine>;
  readonly withAgents: boolean;
  /** Absolute path of bin/fairlead. */
  readonly fairlead: string;
  /** Command line that runs this very program, without what follows `fairlead`. */
  readonly self: readonly string[];
  readonly agentEnded: (node: string) => void;
  /** Called once, when every agent that was asked for is ready. */
  readonly agentsReady: () => void;
}

/** Milliseconds between two looks at the agents. */
const PROBE_INTERVAL = 500;

const POD_PID_FILE = '/run/server.pid';

/** Starts it all; it lives until this process ends. */
export function runCluster(settings: ClusterSettings): { startAgent(node: string): void } {
  const { folder, machines } = settings;
  const api = new ApiClient(folder.apiSocket);
  runPods(api, (pod) => startPod(settings, pod), nodeKubelet(settings, api));
  const agents = new Agents(machines, TOPOLOGY, {
    fairlead: settings.fairlead,
    kubeconfig: folder.nodeKubeconfig,
    log: (node) => folder.log(node),
    ended: settings.agentEnded,
  });
  if (settings.withAgents) for (const { name } of TOPOLOGY.nodes) agents.startAgent(name);
  if (settings.withAgents) {
    void followAgents(new DnsEndpoints(api, TOPOLOGY.nodes, probeAgent), settings.agentsReady);
  } else {
    settings.agentsReady();
  }
  return agents;
}

function nodeKubelet(settings: ClusterSettings, api: ApiClient): NodeKubelet {
  const runtime = new MachineRuntime({ ...settings, api, occupied: settings.withAgents });
  return new NodeKubelet({ api, nodes: TOPOLOGY.nodes, runtime, clock: systemClock });
}

function runPods(api: ApiClient, start: StartPod, nodes: NodeKubelet): void {
  const places = podMachines(TOPOLOGY);
  const kubelet = new Kubelet(api, places, start, systemClock);
  const scaler = new Scaler(api, places);
  const forever = new AbortController().signal;
  const watches = [
    api.watch('/api/v1/pods', forever, (event) => {
      kubelet.observe(event);
      nodes.observe(event);
      scaler.observePod(event);
    }),
    api.watch('/apis/apps/v1/namespaces/shop/deployments', forever, (event) =>
      scaler.observeDeployment(event),
    ),
  ];
  // Without its API server a playground is over; the outside is gone or about to say so.
  Promise.all(watches).catch(() => process.exit(1));
}

async function followAgents(dns: DnsEndpoints, ready: () => void): Promise<never> {
  for (let told = false; ; ) {
    const nodes = await dns.refresh().catch(() => []);
    if (!told && nodes.length >= TOPOLOGY.nodes.length) {
      told = true;
      ready();
    }
    await sleep(systemClock, PROBE_INTERVAL);
  }
}

function startPod(settings: ClusterSettings, pod: PodMachine): ReturnType<StartPod> {
  const machine = settings.machines.get(pod.name);
  if (machine === undefined) throw new Error(`no machine for pod ${pod.name}`);
  const remember = ['sh', '-c', `echo $$ >${POD_PID_FILE}; exec "$@"`, 'pod'];
  const server = [...settings.self, 'playground', 'pod', pod.name, pod.node];
  const [program, ...args] = enterFromInside(machine.pid, [...remember, ...server]);
  return spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}
