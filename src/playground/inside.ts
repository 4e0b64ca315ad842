/**
 * The inside of a playground: the only process of the sandbox that the outside starts. It lays the network, then
 * plays kubelet, scheduler and supervisor of the agents until its standard input ends.
 */
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { messageOf } from '../errors/caught.ts';
import { systemExec } from '../host/exec.ts';
import { CLUSTER_DOMAIN, DNS_SERVICE_IP } from './cluster/objects.ts';
import { type Folder, folderAt } from './folder.ts';
import { type InsideEvent, readOrder, writeMessage } from './messages.ts';
import { layNetwork } from './network/lay.ts';
import { type RunningMachine, startMachine } from './network/machine.ts';
import { machineFiles } from './network/machineFiles.ts';
import { startRelay } from './network/relay.ts';
import { machines as allMachines, TOPOLOGY } from './network/topology.ts';
import { runCluster } from './runCluster.ts';

export interface InsideSettings {
  readonly folder: string;
  readonly withAgents: boolean;
  /** Absolute path of bin/fairlead. */
  readonly fairlead: string;
  /** Command line that runs this very program, without what follows `fairlead`. */
  readonly self: readonly string[];
}

/** Never resolves: the process ends with its standard input. */
export async function runInside(settings: InsideSettings): Promise<never> {
  const folder = folderAt(settings.folder);
  const orders = createInterface({ input: process.stdin });
  // However the outside ends, this stream does: as process 1 of its namespace this one takes all others along.
  orders.on('close', () => process.exit(0));
  process.stdout.on('error', () => process.exit(0));
  const tell = (event: InsideEvent): void => void process.stdout.write(writeMessage(event));
  try {
    const machines = await layMachines(folder);
    tell({ event: 'laid' });
    const cluster = runCluster({
      ...settings,
      folder,
      machines,
      agentEnded: (node) => tell({ event: 'agent-ended', message: node }),
      agentsReady: () => tell({ event: 'ready' }),
    });
    orders.on('line', (line) => cluster.startAgent(readOrder(line).node));
  } catch (error) {
    tell({ event: 'failed', message: messageOf(error) });
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
  for (const host of [api.ipv4, api.ipv6]) await startRelay({ host, port: api.port }, folder.apiSecureSocket);
  await writeFile(folder.machines, JSON.stringify(running));
  return new Map(running.map((machine) => [machine.name, machine]));
}
