/** The agents, one a node, as a DaemonSet's kubelet would start them; nobody restarts one that ended until told. */
import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { enterFromInside } from '../network/enter.ts';
import type { RunningMachine } from '../network/machine.ts';
import type { Topology } from '../network/topology.ts';

/** Where an agent keeps its things, on its machine's own /run. */
export const AGENT_PID_FILE = '/run/agent.pid';

export interface AgentSettings {
  /** The executable. */
  readonly fairlead: string;
  readonly kubeconfig: string;
  log(node: string): string;
  /** Told when an agent has ended, for whatever reason. */
  ended(node: string): void;
}

function agentArguments(node: string, kubeconfig: string, topology: Topology): string[] {
  const options = {
    '--kubeconfig': kubeconfig,
    '--node-name': node,
    '--cluster-cidr': topology.clusterCIDRs.join(','),
    '--run-dir': '/run/fairlead',
    '--state-dir': '/run/fairlead-state',
    '--dns-forward': 'none',
    '--log-format': 'text',
  };
  return ['run', ...Object.entries(options).flat()];
}

export class Agents {
  readonly #machines: ReadonlyMap<string, RunningMachine>;
  readonly #topology: Topology;
  readonly #settings: AgentSettings;
  readonly #running = new Map<string, ChildProcess>();

  constructor(machines: ReadonlyMap<string, RunningMachine>, topology: Topology, settings: AgentSettings) {
    this.#machines = machines;
    this.#topology = topology;
    this.#settings = settings;
  }

  /** Starts the agent of a node unless it runs. Its output is appended to the node's log. */
  startAgent(node: string): void {
    const machine = this.#machines.get(node);
    if (machine === undefined || this.#running.has(node)) return;
    const args = agentArguments(node, this.#settings.kubeconfig, this.#topology);
    const remember = ['sh', '-c', `echo $$ >${AGENT_PID_FILE}; exec "$@"`, 'agent'];
    const [program, ...rest] = enterFromInside(machine.pid, [...remember, this.#settings.fairlead, ...args]);
    const log = openSync(this.#settings.log(node), 'a');
    const child = spawn(program, rest, { stdio: ['ignore', log, log] });
    this.#running.set(node, child);
    child.once('exit', () => {
      this.#running.delete(node);
      this.#settings.ended(node);
    });
  }
}
