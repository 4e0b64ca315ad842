/** The DaemonSet controller, and the scheduler for its Pods: one on each node that fits, renewed node by node. */
import type { Clock, Timer } from '../../host/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { ApiServer } from '../apiserver/apiServer.ts';
import { equal, isObject, listAt, objectAt } from '../apiserver/objects/json.ts';
import { type KubeObject, nameOf, namespaceOf } from '../apiserver/objects/object.ts';
import type { WatchEvent } from '../apiserver/registry/watch.ts';
import { daemonPods } from './daemonPods.ts';

type Api = Pick<ApiServer, 'create' | 'delete' | 'list' | 'patch' | 'watch'>;

export interface DaemonSetControllerSettings {
  readonly clock: Clock;
  /** Changes that come within this time are looked at together. */
  readonly batchMs: number;
  readonly log: Pick<Log, 'warn'>;
}

export class DaemonSetController {
  readonly #api: Api;
  readonly #settings: DaemonSetControllerSettings;
  #timer: { readonly timer: Timer; readonly at: number } | undefined;
  #stops: (() => void)[] = [];

  constructor(api: Api, settings: DaemonSetControllerSettings) {
    this.#api = api;
    this.#settings = settings;
  }

  start(): void {
    const event = ({ type }: WatchEvent): void => {
      if (type !== 'BOOKMARK' && type !== 'ERROR') this.#lookAfter(this.#settings.batchMs);
    };
    for (const plural of ['nodes', 'daemonsets', 'pods'])
      this.#stops.push(this.#api.watch(plural, { event, end: () => undefined }));
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#timer?.timer.cancel();
    this.#timer = undefined;
  }

  #lookAfter(ms: number): void {
    const { clock } = this.#settings;
    const at = clock.monotonic() + ms;
    if (this.#timer !== undefined && this.#timer.at <= at) return;
    this.#timer?.timer.cancel();
    this.#timer = { timer: clock.after(ms, () => this.#look()), at };
  }

  #look(): void {
    this.#timer = undefined;
    const nodes = this.#api.list('nodes').items;
    const pods = this.#api.list('pods').items;
    for (const set of this.#api.list('daemonsets').items) {
      try {
        this.#reconcile(
          set,
          nodes,
          pods.filter((pod) => isOf(pod, set)),
        );
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        this.#settings.log.warn({ daemonSet: nameOf(set) }, `cannot write its Pods: ${why}`);
      }
    }
  }

  #reconcile(set: KubeObject, nodes: readonly KubeObject[], pods: readonly KubeObject[]): void {
    const { create, remove, status, again } = daemonPods(set, nodes, pods, this.#settings.clock.now());
    for (const pod of remove) this.#api.delete('pods', namespaceOf(pod), nameOf(pod));
    for (const pod of create) this.#api.create('pods', pod);
    if (!equal(objectAt(set, 'status'), status))
      this.#api.patch('daemonsets', namespaceOf(set), nameOf(set), { status }, { subresource: 'status' });
    if (Number.isFinite(again)) this.#lookAfter(again);
  }
}

function isOf(pod: KubeObject, set: KubeObject): boolean {
  const owners = listAt(pod, 'metadata', 'ownerReferences').filter(isObject);
  return owners.some((owner) => owner['uid'] === set.metadata.uid);
}
