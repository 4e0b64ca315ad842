/**
 * The inside of a playground: the only process of the sandbox that the outside starts. It lays the network, then
 * plays kubelet, scheduler and supervisor of the agents until its standard input ends.
 */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { sleep, systemClock } from '../host/clock.ts';
import { systemExec } from '../host/exec.ts';
import { Agents } from './cluster/agents.ts';
import { ApiClient } from './cluster/apiClient.ts';
import { DnsEndpoints, probeAgent } from './cluster/dnsEndpoints.ts';
import { Kubelet } from './cluster/kubelet.ts';
import { CLUSTER_DOMAIN, DNS_SERVICE_IP } from './cluster/objects.ts';
import { Scaler } from './cluster/scaler.ts';
import { type Folder, folderAt } from './folder.ts';
import { readOrder, writeMessage } from './messages.ts';
import { enterFromInside } from './network/enter.ts';
import { layNetwork } from './network/lay.ts';
import { type RunningMachine, startMachine } from './network/machine.ts';
import { machineFiles } from './network/machineFiles.ts';
import { startRelay } from './network/relay.ts';
import { machines as allMachines, type PodMachine, podMachines, TOPOLOGY } from './network/topology.ts';

export interface InsideSettings {
  readonly folder: string;
  readonly withAgents: boolean;
  /** Absolute path of bin/fairlead. */
  readonly fairlead: string;
  /** Command line that runs this very program, without what follows `fairlead`. */
  readonly self: readonly string[];
}

/** Milliseconds between two looks at the agents. */
const PROBE_INTERVAL = 500;

const POD_PID_FILE = '/run/server.pid';

/** Never resolves: the process ends with its standard input. */
export async function runInside(settings: InsideSettings): Promise<never> {
  const folder = folderAt(settings.folder);
  const orders = createInterface({ input: process.stdin });
  // However the outside ends, this stream does: as process 1 of its namespace this one takes all others along.
  orders.on('close', () => process.exit(0));
  const tell = (text: string): void => void process.stdout.write(text);
  process.stdout.on('error', () => process.exit(0));
  try {
    const machines = await layMachines(folder);
    tell(writeMessage({ event: 'laid' }));
    await runCluster(settings, folder, machines, orders);
    tell(writeMessage({ event: 'ready' }));
  } catch (error) {
    tell(writeMessage({ event: 'failed', message: error instanceof Error ? error.message : String(error) }));
  }
  return new Promise<never>(() => undefined);
}

async function layMachines(folder: Folder): Promise<ReadonlyMap<string, RunningMachine>> {
  await layNetwork(systemExec, TOPOLOGY);
  const dns = { server: DNS_SERVICE_IP, domain: CLUSTER_DOMAIN };
  const running = await Promise.all(
    allMachines(TOPOLOGY).map((machine) => startMachine(machine.name, machineFiles(machine, TOPOLOGY, dns))),
  );
  const { api } = TOPOLOGY;
  for (const host of [api.ipv4, api.ipv6]) await startRelay({ host, port: api.port }, folder.apiSocket);
  await writeFile(folder.machines, JSON.stringify(running));
  return new Map(running.map((machine) => [machine.name, machine]));
}

async function runCluster(
  settings: InsideSettings,
  folder: Folder,
  machines: ReadonlyMap<string, RunningMachine>,
  orders: NodeJS.EventEmitter,
): Promise<void> {
  const api = new ApiClient(folder.apiSocket);
  const places = podMachines(TOPOLOGY);
  const forever = new AbortController().signal;
  const kubelet = new Kubelet(api, places, (pod) => startPod(settings, machines, pod), systemClock);
  const scaler = new Scaler(api, places);
  const pods = api.watch('/api/v1/namespaces/shop/pods', forever, (event) => {
    kubelet.observe(event);
    scaler.observePod(event);
  });
  const deployments = api.watch('/apis/apps/v1/namespaces/shop/deployments', forever, (event) =>
    scaler.observeDeployment(event),
  );
  // Without its API server a playground is over; the outside is gone or about to say so.
  Promise.all([pods, deployments]).catch(() => process.exit(1));

  const agents = new Agents(machines, TOPOLOGY, {
    ...folder,
    kubeconfig: folder.nodeKubeconfig,
    fairlead: settings.fairlead,
  });
  orders.on('line', (line: string) => agents.start(readOrder(line).node));
  const nodes = TOPOLOGY.nodes.map(({ name }) => name);
  if (settings.withAgents) for (const node of nodes) agents.start(node);
  const dns = new DnsEndpoints(api, TOPOLOGY.nodes, probeAgent);
  await new Promise<void>(
    (resolve) =>
      void watchAgents(dns, (ready) => {
        if (!settings.withAgents || ready.length === nodes.length) resolve();
      }),
  );
}

async function watchAgents(dns: DnsEndpoints, look: (ready: readonly string[]) => void): Promise<never> {
  for (;;) {
    look(await dns.refresh().catch(() => []));
    await sleep(systemClock, PROBE_INTERVAL);
  }
}

function startPod(
  settings: InsideSettings,
  machines: ReadonlyMap<string, RunningMachine>,
  pod: PodMachine,
): ReturnType<typeof spawnPiped> {
  const machine = machines.get(pod.name);
  if (machine === undefined) throw new Error(`no machine for pod ${pod.name}`);
  const remember = ['sh', '-c', `echo $$ >${POD_PID_FILE}; exec "$@"`, 'pod'];
  const server = [...settings.self, 'playground', 'pod', pod.name, pod.node];
  return spawnPiped(enterFromInside(machine.pid, [...remember, ...server]));
}

function spawnPiped([program, ...args]: [string, ...string[]]) {
  return spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}
