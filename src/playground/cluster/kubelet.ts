/** The kubelets of both nodes: a Pod bound to a place of the topology has its program running, and says how it is. */
import type { ChildProcess } from 'node:child_process';
import * as v from 'valibot';
import type { Clock, Timer } from '../../host/clock.ts';
import type { PodMachine } from '../network/topology.ts';
import type { ApiClient, WatchEvent } from './apiClient.ts';
import { podStatus } from './podStatus.ts';

/** Starts the program of a pod; it writes a line when it listens. */
export type StartPod = (pod: PodMachine) => ChildProcess & { readonly stdout: NodeJS.ReadableStream };

const PodSchema = v.object({
  metadata: v.object({
    name: v.string(),
    namespace: v.string(),
    uid: v.string(),
    deletionTimestamp: v.optional(v.string()),
  }),
  spec: v.object({ nodeName: v.optional(v.string(), '') }),
});

/** Milliseconds until a container that ended is started again; a real kubelet starts at ten seconds. */
export const RESTART_DELAY = 6_000;

interface Container {
  readonly uid: string;
  child: ReturnType<StartPod> | undefined;
  restarts: number;
  timer: Timer | undefined;
}

export class Kubelet {
  readonly #api: ApiClient;
  readonly #places: ReadonlyMap<string, PodMachine>;
  readonly #start: StartPod;
  readonly #clock: Clock;
  readonly #containers = new Map<string, Container>();

  constructor(api: ApiClient, places: readonly PodMachine[], start: StartPod, clock: Clock) {
    this.#api = api;
    this.#places = new Map(places.map((place) => [`${place.namespace}/${place.name}`, place]));
    this.#start = start;
    this.#clock = clock;
  }

  /** Pods of other names or nodes than the topology's have no network here; they stay pending. */
  observe(event: WatchEvent): void {
    const parsed = v.safeParse(PodSchema, event.object);
    if (!parsed.success) return;
    const { metadata, spec } = parsed.output;
    const key = `${metadata.namespace}/${metadata.name}`;
    const place = this.#places.get(key);
    if (place === undefined || place.node !== spec.nodeName) return;
    const running = this.#containers.get(key);
    const same = running?.uid === metadata.uid;
    if (event.type === 'DELETED') {
      if (same) this.#stop(key);
      return;
    }
    if (metadata.deletionTimestamp !== undefined) {
      if (same) this.#stop(key);
      void this.#confirmDeletion(place, metadata.uid);
      return;
    }
    if (same) return;
    // Deleted and made again while we looked away: the old one's program must free its ports first.
    this.#stop(key);
    const container: Container = { uid: metadata.uid, child: undefined, restarts: 0, timer: undefined };
    this.#containers.set(key, container);
    this.#run(place, container);
  }

  #stop(key: string): void {
    const container = this.#containers.get(key);
    this.#containers.delete(key);
    container?.timer?.cancel();
    container?.child?.kill('SIGKILL');
  }

  /** The API server keeps a deleted Pod until its kubelet says that nothing of it runs any more. */
  async #confirmDeletion(place: PodMachine, uid: string): Promise<void> {
    const path = `/api/v1/namespaces/${place.namespace}/pods/${place.name}`;
    const options = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      gracePeriodSeconds: 0,
      preconditions: { uid },
    };
    await this.#api.call('DELETE', path, options).catch(() => undefined);
  }

  #run(place: PodMachine, container: Container): void {
    const child = this.#start(place);
    container.child = child;
    child.stdout.once('data', () => void this.#report(place, container, true));
    child.once('exit', () => {
      container.child = undefined;
      if (this.#containers.get(`${place.namespace}/${place.name}`) !== container) return;
      void this.#report(place, container, false);
      container.restarts += 1;
      container.timer = this.#clock.after(RESTART_DELAY, () => this.#run(place, container));
    });
  }

  async #report(place: PodMachine, container: Container, ready: boolean): Promise<void> {
    const own = { name: 'server', image: 'playground', restartCount: container.restarts };
    const state = ready ? { ...own, ready } : { ...own, ready, waiting: { reason: 'CrashLoopBackOff' } };
    const status = podStatus(place, state, new Date(this.#clock.now()).toISOString());
    const path = `/api/v1/namespaces/${place.namespace}/pods/${place.name}/status`;
    // 404: the Pod was deleted meanwhile, and its event is on the way to us.
    await this.#api.call('PATCH', path, { status }, 'application/merge-patch+json').catch(() => undefined);
  }
}
