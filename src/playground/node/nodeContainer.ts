/** The one container of a Pod on its node: started, probed, started again when it ends, and ended in good order. */
import type { Clock, Timer } from '../../host/clock.ts';
import type { ApiClient } from '../cluster/apiClient.ts';
import { podStatus } from '../cluster/podStatus.ts';
import type { NodeMachine } from '../network/topology.ts';
import { type NodePod, type Probe, probeTarget } from './nodePod.ts';
import { Prober } from './prober.ts';

/** A process that runs. */
export interface Running {
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
  readonly ended: Promise<unknown>;
}

export interface Runtime {
  /** Rejects with a `WaitingError`, or with what is missing. */
  start(pod: NodePod, node: NodeMachine): Promise<Running>;
  /** Whether a GET is answered with success in time. Never rejects. */
  ask(url: string, timeoutMs: number): Promise<boolean>;
}

/** Why a container cannot start, by the name that a real kubelet has for it. */
export class WaitingError extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Milliseconds until it is tried again; a real kubelet waits longer each time. */
const RETRY_DELAY = 2_000;

interface Settings {
  readonly api: ApiClient;
  readonly pod: NodePod;
  readonly node: NodeMachine;
  readonly runtime: Runtime;
  readonly clock: Clock;
}

export class NodeContainer {
  readonly #settings: Settings;
  #running: Running | undefined;
  #probers: Prober[] = [];
  #timer: Timer | undefined;
  #restarts = 0;
  #ending = false;
  /** Reports go out in their order. */
  #reports: Promise<unknown> = Promise.resolve();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  start(): void {
    const { runtime, pod, node } = this.#settings;
    runtime.start(pod, node).then(
      (running) => this.#started(running),
      (error: unknown) => {
        const reason = error instanceof WaitingError ? error.reason : 'CreateContainerConfigError';
        const message = error instanceof Error ? error.message : String(error);
        this.#again({ reason, message });
      },
    );
  }

  /** SIGTERM, SIGKILL when its time is over; then the API server is told that nothing is left of it. */
  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#stopWatching();
    if (this.#running === undefined) return this.#confirmEnd();
    this.#running.kill('SIGTERM');
    const grace = this.#settings.pod.spec.terminationGracePeriodSeconds * 1000;
    this.#timer = this.#settings.clock.after(grace, () => this.#running?.kill('SIGKILL'));
  }

  kill(): void {
    this.#ending = true;
    this.#stopWatching();
    this.#running?.kill('SIGKILL');
  }

  #started(running: Running): void {
    this.#running = running;
    void running.ended.then(() => this.#ended());
    // Deleted while it was being made.
    if (this.#ending) return running.kill('SIGKILL');
    const { startupProbe } = this.#container;
    this.#report(false);
    if (startupProbe === undefined) this.#watch();
    else this.#probe(startupProbe, (succeeds) => (succeeds ? this.#watch() : running.kill('SIGKILL')));
  }

  #watch(): void {
    const { livenessProbe, readinessProbe } = this.#container;
    // A startup probe has done its work.
    this.#stopWatching();
    if (livenessProbe !== undefined)
      this.#probe(livenessProbe, (succeeds) => {
        if (!succeeds) this.#running?.kill('SIGKILL');
      });
    if (readinessProbe === undefined) this.#report(true);
    else this.#probe(readinessProbe, (succeeds) => this.#report(succeeds));
  }

  #probe(probe: Probe, changed: (succeeds: boolean) => void): void {
    const { runtime, clock, node } = this.#settings;
    const { port, path } = probeTarget(this.#container, probe);
    const ask = (): Promise<boolean> =>
      runtime.ask(`http://${node.ipv4}:${port}${path}`, probe.timeoutSeconds * 1000);
    this.#probers.push(new Prober(probe, { clock, ask, changed }));
  }

  #ended(): void {
    this.#running = undefined;
    if (this.#ending) return this.#confirmEnd();
    this.#restarts += 1;
    this.#again({ reason: 'CrashLoopBackOff' });
  }

  #again(waiting: { readonly reason: string; readonly message?: string }): void {
    this.#stopWatching();
    if (this.#ending) return this.#confirmEnd();
    this.#report(false, waiting);
    this.#timer = this.#settings.clock.after(RETRY_DELAY, () => this.start());
  }

  #stopWatching(): void {
    for (const prober of this.#probers) prober.stop();
    this.#probers = [];
    this.#timer?.cancel();
  }

  get #container(): NodePod['spec']['containers'][0] {
    return this.#settings.pod.spec.containers[0];
  }

  get #path(): string {
    const { namespace, name } = this.#settings.pod.metadata;
    return `/api/v1/namespaces/${namespace}/pods/${name}`;
  }

  #report(ready: boolean, waiting?: { readonly reason: string; readonly message?: string }): void {
    const { api, node, clock } = this.#settings;
    const { name, image } = this.#container;
    const own = { name, image, ready, restartCount: this.#restarts };
    const now = new Date(clock.now()).toISOString();
    const status = podStatus(node, waiting === undefined ? own : { ...own, waiting }, now);
    // 404: the Pod was deleted meanwhile, and its event is on the way to us.
    this.#reports = this.#reports
      .then(() => api.call('PATCH', `${this.#path}/status`, { status }, 'application/merge-patch+json'))
      .catch(() => undefined);
  }

  #confirmEnd(): void {
    this.#timer?.cancel();
    const { uid } = this.#settings.pod.metadata;
    const options = {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      gracePeriodSeconds: 0,
      preconditions: { uid },
    };
    this.#reports = this.#reports
      .then(() => this.#settings.api.call('DELETE', this.#path, options))
      .catch(() => undefined);
  }
}
