/** Where containers run: the playground's machines. It has one image, this very program. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { AGENT_PID_FILE } from '../cluster/agents.ts';
import type { ApiClient } from '../cluster/apiClient.ts';
import type { Folder } from '../folder.ts';
import { enterFromInside } from '../network/enter.ts';
import type { RunningMachine } from '../network/machine.ts';
import type { NodeMachine } from '../network/topology.ts';
import { setUp } from './containerSetup.ts';
import { launch } from './launch.ts';
import { type Running, type Runtime, WaitingError } from './nodeContainer.ts';
import type { NodePod } from './nodePod.ts';

export interface MachineRuntimeSettings {
  readonly api: ApiClient;
  readonly folder: Folder;
  readonly machines: ReadonlyMap<string, RunningMachine>;
  /** Absolute path of bin/fairlead. */
  readonly fairlead: string;
  /** Agents run already that are no Pods: a second one would want the ports of the first. */
  readonly occupied: boolean;
}

export class MachineRuntime implements Runtime {
  readonly #settings: MachineRuntimeSettings;

  constructor(settings: MachineRuntimeSettings) {
    this.#settings = settings;
  }

  async start(pod: NodePod, node: NodeMachine): Promise<Running> {
    const { api, folder, machines, fairlead, occupied } = this.#settings;
    const [container] = pod.spec.containers;
    if (occupied)
      throw new WaitingError(
        'CreateContainerError',
        'agents run here already: start the playground with --no-agent',
      );
    if (imageName(container.image) !== 'fairlead')
      throw new WaitingError(
        'ErrImagePull',
        `the playground has the image fairlead alone, not ${container.image}`,
      );
    const machine = machines.get(node.name);
    if (machine === undefined) throw new Error(`no machine for node ${node.name}`);
    const authority = await readFile(folder.apiAuthority, 'utf8');
    const { env, mounts } = await setUp(api, pod, folder.pod(pod.metadata.uid), authority);
    const remember = ['sh', '-c', `echo $$ >${AGENT_PID_FILE}; exec "$@"`, 'agent'];
    const [program, ...args] = enterFromInside(machine.pid, [
      ...remember,
      ...launch(container, mounts, [fairlead]),
    ]);
    const log = openSync(folder.log(node.name), 'a');
    const child = spawn(program, args, { stdio: ['ignore', log, log], env: { PATH: pathOf(), ...env } });
    return { kill: (signal) => child.kill(signal), ended: once(child, 'exit') };
  }

  async ask(url: string, timeoutMs: number): Promise<boolean> {
    try {
      const reply = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
      await reply.body?.cancel();
      return reply.ok;
    } catch {
      return false;
    }
  }
}

/** `registry.example:5000/team/fairlead:0.1.0` is of `fairlead`. */
function imageName(image: string): string {
  return image.slice(image.lastIndexOf('/') + 1).replace(/[:@].*/, '');
}

/** A container has an environment of its own; where the system's programs are is this computer's. */
function pathOf(): string {
  return `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`;
}
