/** What a kubelet does for the agent of its node: starts its container, and starts it again when it ends unasked. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { until, type World } from '../agentWorld.ts';

/** A container that ends again and again is started ever later; this much the first time here. */
const BACK_OFF_MS = 100;
/** As a readiness probe that is in a hurry. */
const READY_POLL_MS = 200;

export class Kubelet {
  readonly #world: World;
  readonly #flags: readonly string[];
  readonly #variables: Readonly<Record<string, string>>;
  #agent: ChildProcess | undefined;
  #wanted = false;
  #restarts = 0;
  #watch: ReturnType<typeof setInterval> | undefined;

  /** @param variables of the agent's environment */
  constructor(world: World, flags: readonly string[], variables: Readonly<Record<string, string>>) {
    this.#world = world;
    this.#flags = flags;
    this.#variables = variables;
  }

  /** How often an agent has ended unasked, and was started again. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Of the agent that runs now. */
  get pid(): number | undefined {
    return this.#agent?.pid;
  }

  start(): void {
    this.#wanted = true;
    const agent = this.#world.runWith(this.#variables, ...this.#flags);
    this.#agent = agent;
    agent.once('exit', () => {
      this.#agent = undefined;
      void this.#again();
    });
  }

  /** As a rolling update does it. The agent has to end by itself, and well. */
  async stop(): Promise<void> {
    this.#wanted = false;
    const [code, signal] = await this.#end('SIGTERM');
    if (code !== 0) throw new Error(`the agent ended with ${String(code ?? signal)}`);
  }

  /** The kernel ends it; it is started again unless it is to stay away, until `start`. */
  async kill(then: 'restart' | 'stay away' = 'restart'): Promise<void> {
    this.#wanted = then === 'restart';
    await this.#end('SIGKILL');
  }

  /**
   * As a memory limit of the container does: an agent that takes more octets is killed, and the next one too. A cgroup is
   * not to be had in a sandbox, so it is looked at what each has; `undefined` ends it.
   */
  limitMemory(octets: number | undefined): void {
    clearInterval(this.#watch);
    if (octets === undefined) return;
    this.#watch = setInterval(() => {
      if (this.memory > octets) this.#agent?.kill('SIGKILL');
    }, 10);
  }

  /** Octets of the agent that are resident; 0 while there is none. */
  get memory(): number {
    try {
      const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
      return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
    } catch {
      return 0;
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#agent?.kill(signal);
  }

  /** The agent that is wanted is there, and ready; so is what its predecessors left. */
  async ready(): Promise<void> {
    // Its pid is in its own answer: an agent that was just killed may have been asked last.
    await until(async () => {
      const { pid, ready } = await this.#world.status();
      return ready === true && pid === this.pid;
    }, READY_POLL_MS);
  }

  async #end(signal: NodeJS.Signals): Promise<readonly [code: number | null, signal: string | null]> {
    const agent = this.#agent;
    if (agent === undefined) throw new Error('no agent runs');
    const ended = once(agent, 'exit');
    agent.kill(signal);
    const [code, by] = (await ended) as [number | null, string | null];
    return [code, by];
  }

  async #again(): Promise<void> {
    if (!this.#wanted || this.#world.net.ended) return;
    this.#restarts += 1;
    await sleep(BACK_OFF_MS);
    if (this.#wanted && !this.#world.net.ended) this.start();
  }
}
