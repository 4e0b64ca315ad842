/**
 * The Deployment, ReplicaSet and scheduler controllers in one: of the topology's places for an app, the first
 * `spec.replicas` have a Pod.
 */
import * as v from 'valibot';
import type { PodMachine } from '../network/topology.ts';
import type { ApiClient, WatchEvent } from './apiClient.ts';
import { podObject } from './objects.ts';

const DeploymentSchema = v.object({
  metadata: v.object({
    name: v.string(),
    namespace: v.string(),
    generation: v.optional(v.number(), 1),
    deletionTimestamp: v.optional(v.string()),
  }),
  spec: v.object({ replicas: v.optional(v.number(), 1) }),
});

const PodSchema = v.object({
  metadata: v.object({ name: v.string(), namespace: v.string() }),
  status: v.optional(
    v.object({
      conditions: v.optional(v.array(v.object({ type: v.string(), status: v.string() })), []),
    }),
    { conditions: [] },
  ),
});

type Deployment = v.InferOutput<typeof DeploymentSchema>;

export class Scaler {
  readonly #api: ApiClient;
  readonly #places: readonly PodMachine[];
  /** Pods by name, and whether they are ready. */
  readonly #pods = new Map<string, boolean>();
  readonly #deployments = new Map<string, Deployment>();
  #work: Promise<void> = Promise.resolve();

  /** A Deployment `name` owns the places whose `app` is that name, in the order of their names. */
  constructor(api: ApiClient, places: readonly PodMachine[]) {
    this.#api = api;
    this.#places = [...places].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  observeDeployment(event: WatchEvent): void {
    const parsed = v.safeParse(DeploymentSchema, event.object);
    if (!parsed.success) return;
    const { name, namespace, deletionTimestamp } = parsed.output.metadata;
    const gone = event.type === 'DELETED' || deletionTimestamp !== undefined;
    const replicas = gone ? 0 : parsed.output.spec.replicas;
    const deployment = { ...parsed.output, spec: { replicas } };
    const known = this.#deployments.get(`${namespace}/${name}`);
    this.#deployments.set(`${namespace}/${name}`, deployment);
    // Our own status updates come back as events of an unchanged spec.
    if (known?.spec.replicas !== replicas) this.#reconcile(deployment, gone);
  }

  observePod(event: WatchEvent): void {
    const parsed = v.safeParse(PodSchema, event.object);
    if (!parsed.success) return;
    const { metadata, status } = parsed.output;
    const place = this.#places.find(
      ({ name, namespace }) => name === metadata.name && namespace === metadata.namespace,
    );
    if (place === undefined) return;
    const ready = status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
    if (event.type === 'DELETED') this.#pods.delete(place.name);
    else this.#pods.set(place.name, ready);
    const deployment = this.#deployments.get(`${place.namespace}/${place.app}`);
    if (deployment !== undefined) this.#reconcile(deployment, false);
  }

  /** One after the other: two at once would make a Pod twice. */
  #reconcile(deployment: Deployment, gone: boolean): void {
    this.#work = this.#work
      .then(() => this.#apply(deployment, gone))
      // The API server is going down with the playground, or somebody was faster: the next event tries again.
      .catch(() => undefined);
  }

  async #apply({ metadata, spec }: Deployment, gone: boolean): Promise<void> {
    const latest = this.#deployments.get(`${metadata.namespace}/${metadata.name}`);
    const replicas = latest?.spec.replicas ?? spec.replicas;
    const places = this.#places.filter(
      ({ app, namespace }) => app === metadata.name && namespace === metadata.namespace,
    );
    for (const [i, place] of places.entries()) {
      const pods = `/api/v1/namespaces/${place.namespace}/pods`;
      if (i < replicas && !this.#pods.has(place.name)) {
        await this.#api.call('POST', pods, podObject(place));
        this.#pods.set(place.name, false);
      } else if (i >= replicas && this.#pods.has(place.name)) {
        await this.#api.call('DELETE', `${pods}/${place.name}`);
      }
    }
    if (gone) return;
    const present = places.filter(({ name }) => this.#pods.has(name));
    const ready = present.filter(({ name }) => this.#pods.get(name) === true).length;
    const status = {
      observedGeneration: metadata.generation,
      replicas: present.length,
      updatedReplicas: present.length,
      readyReplicas: ready,
      availableReplicas: ready,
    };
    const path = `/apis/apps/v1/namespaces/${metadata.namespace}/deployments/${metadata.name}/status`;
    await this.#api.call('PATCH', path, { status }, 'application/merge-patch+json');
  }
}
