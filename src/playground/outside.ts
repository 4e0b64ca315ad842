/** A running playground, as the process that started it holds it. It ends with this process, however that ends. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { sleep, systemClock } from '../host/clock.ts';
import type { Log } from '../telemetry/log.ts';
import { selfSigned } from './apiserver/tls/certificate.ts';
import { ApiClient } from './cluster/apiClient.ts';
import { type ApiHost, startApi } from './cluster/apiHost.ts';
import { KUBERNETES_SERVICE_IP, seeds } from './cluster/objects.ts';
import { type Folder, kubeconfig, type MachineRecord, makeFolder, readMachines } from './folder.ts';
import { InsideProcess } from './insideProcess.ts';
import { enterFromOutside } from './network/enter.ts';
import { podMachines, TOPOLOGY } from './network/topology.ts';

export interface PlaygroundSettings {
  /** Root of the project: holds bin/fairlead and scripts/sandbox.sh. */
  readonly root: string;
  /** Command line that runs this very program, without what follows `fairlead`. */
  readonly self: readonly string[];
  readonly withAgents: boolean;
  /** Told what is being done, a line each. */
  readonly progress: (line: string) => void;
  readonly agentEnded: (node: string) => void;
  /** Aborted: do not wait until all is up. */
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds; generous, as a busy machine takes its time to start nine processes. */
const START_TIMEOUT = 60_000;
const LOG_LINES = 15;

const PodsSchema = v.object({
  items: v.array(
    v.object({
      status: v.optional(v.object({ conditions: v.optional(v.array(v.record(v.string(), v.unknown()))) })),
    }),
  ),
});

export class Playground {
  readonly folder: Folder;
  readonly api: ApiClient;
  /** URL of the API server on this computer. */
  readonly apiUrl: string;
  readonly #host: ApiHost;
  readonly #inside: InsideProcess;
  #machines: readonly MachineRecord[] = [];

  private constructor(folder: Folder, host: ApiHost, inside: InsideProcess) {
    this.folder = folder;
    this.api = new ApiClient(folder.apiSocket);
    this.apiUrl = host.url;
    this.#host = host;
    this.#inside = inside;
  }

  /** Resolves when every machine, pod and agent is up; rejects, with nothing left, when one will not come up. */
  static async start(settings: PlaygroundSettings): Promise<Playground> {
    const folder = await makeFolder();
    let playground: Playground | undefined;
    try {
      const warn = (_: object, message: string): void => settings.progress(message);
      const host = await startHost(folder, { warn });
      playground = new Playground(folder, host, startInside(folder, settings));
      await playground.#comeUp(settings);
      return playground;
    } catch (error) {
      for (const { name } of TOPOLOGY.nodes) await tellLog(folder, name, settings.progress);
      await playground?.stop();
      await rm(folder.root, { recursive: true, force: true });
      throw error;
    }
  }

  /** Names of what can be entered. */
  get machines(): readonly string[] {
    return this.#machines.map(({ name }) => name);
  }

  /** Command line that runs `argv` in a machine. */
  async enter(name: string, argv: readonly string[]): Promise<[string, ...string[]]> {
    return enterFromOutside(machineNamed(this.#machines, name), argv);
  }

  startAgent(node: string): void {
    this.#inside.order({ order: 'start-agent', node });
  }

  /** Resolves when the inside has ended by itself. */
  get ended(): Promise<unknown> {
    return this.#inside.ended;
  }

  async stop(): Promise<void> {
    await this.#inside.stop();
    await this.#host.close();
    await rm(this.folder.root, { recursive: true, force: true });
  }

  async #comeUp(settings: PlaygroundSettings): Promise<void> {
    const { api, folder } = this;
    for (const { path, object } of seeds(TOPOLOGY)) await api.must('POST', path, object);
    await this.#inside.until('laid', START_TIMEOUT);
    this.#machines = await readMachines(folder);
    settings.progress('two nodes, six pods and an outside computer are wired together');
    await this.#inside.until('ready', START_TIMEOUT);
    await this.#podsReady();
    settings.progress(
      settings.withAgents ? 'the pods serve, and both agents are ready' : 'the pods serve; no agent runs',
    );
  }

  async #podsReady(): Promise<void> {
    const deadline = AbortSignal.timeout(START_TIMEOUT);
    for (;;) {
      const { items } = v.parse(PodsSchema, await this.api.must('GET', '/api/v1/namespaces/shop/pods'));
      const ready = items.filter(({ status }) =>
        status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
      );
      if (ready.length === podMachines(TOPOLOGY).length) return;
      if (deadline.aborted) throw new Error(`only ${ready.length} pods became ready`);
      await sleep(systemClock, 50);
    }
  }
}

export function machineNamed(machines: readonly MachineRecord[], name: string): MachineRecord {
  const machine = machines.find((candidate) => candidate.name === name);
  if (machine !== undefined) return machine;
  throw new Error(`no node or pod "${name}": there are ${machines.map(({ name }) => name).join(', ')}`);
}

/** The API server, with a certificate for the names that it has in the playground, and kubeconfigs for it. */
async function startHost(folder: Folder, log: Pick<Log, 'warn'>): Promise<ApiHost> {
  const { ipv4, ipv6, port } = TOPOLOGY.api;
  const names = [ipv4, ipv6, KUBERNETES_SERVICE_IP, 'kubernetes.default.svc'];
  const tls = selfSigned('playground', names, systemClock.now());
  const host = await startApi({ socket: folder.apiSocket, secureSocket: folder.apiSecureSocket, tls, log });
  await writeFile(folder.apiAuthority, tls.cert);
  await writeFile(folder.kubeconfig, kubeconfig(host.url));
  await writeFile(folder.nodeKubeconfig, kubeconfig(`https://${ipv4}:${port}`, folder.apiAuthority));
  return host;
}

function startInside(folder: Folder, settings: PlaygroundSettings): InsideProcess {
  const words = ['playground', 'inside', folder.root, settings.withAgents ? 'agents' : 'no-agents'];
  const sandbox = join(settings.root, 'scripts/sandbox.sh');
  const inside = new InsideProcess(sandbox, folder.root, [...settings.self, ...words], settings.agentEnded);
  settings.signal?.addEventListener('abort', () => void inside.stop(), { once: true });
  return inside;
}

/** Tells what a node's agent has logged last, if it has. */
export async function tellLog(folder: Folder, node: string, tell: (line: string) => void): Promise<void> {
  const log = await readFile(folder.log(node), 'utf8').catch(() => '');
  if (log === '') return;
  tell(`the agent of ${node} said last:`);
  for (const line of log.trimEnd().split('\n').slice(-LOG_LINES)) tell(line);
}
