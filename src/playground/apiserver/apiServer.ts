/**
 * A Kubernetes API server in memory, for the playground and for tests: one process, no etcd, no admission, but the
 * behaviour that clients depend on. Objects can be reached over HTTP and directly.
 */
import { type Clock, systemClock } from '../../host/clock.ts';
import { Faults } from './http/faults.ts';
import { type Address, Front, type SeenRequest } from './http/front.ts';
import { Handler } from './http/handler.ts';
import type { Json, JsonObject } from './objects/json.ts';
import { type KubeObject, nameOf, namespaceOf } from './objects/object.ts';
import { patched, type PatchType } from './patch/patcher.ts';
import type { Page } from './registry/list.ts';
import type { DeleteOptions, ListOptions, WatchOptions, WriteOptions } from './registry/options.ts';
import { Registry } from './registry/registry.ts';
import type { WatchSink } from './registry/watch.ts';
import type { Resource } from './resources/resource.ts';
import { RESOURCES } from './resources/resources.ts';
import { ServiceAllocator } from './services/allocator.ts';
import { Store } from './store/store.ts';

export interface ApiServerOptions {
  readonly clock?: Clock;
  /** One range, or one of each family; the first is the family of a Service that names none. */
  readonly serviceCIDRs?: readonly string[];
  readonly nodePortRange?: readonly [first: number, last: number];
  /** Changes kept per resource; a watch from before them gets 410. */
  readonly historySize?: number;
  readonly bookmarkIntervalMs?: number;
  /** Life of a watch over HTTP that names none. */
  readonly watchTimeoutSeconds?: number;
  /** Kubelets run: the deletion of a Pod on a node waits for one to confirm it with no grace. */
  readonly kubelets?: boolean;
  /** In [0, 1), for names and allocations. */
  readonly random?: () => number;
}

/** Plural names, as in paths; `events.events.k8s.io` is the newer of the two Event APIs. */
export type ResourceName = string;

export class ApiServer {
  readonly faults: Faults = new Faults();
  readonly #store: Store;
  readonly #registry: Registry;
  readonly #front: Front;

  constructor(options: ApiServerOptions = {}) {
    const clock = options.clock ?? systemClock;
    const random = options.random ?? Math.random;
    const allocator = new ServiceAllocator({
      cidrs: options.serviceCIDRs ?? ['10.96.0.0/12', 'fd00:96::/108'],
      nodePorts: options.nodePortRange ?? [30_000, 32_767],
      random,
    });
    this.#store = new Store(options.historySize ?? 1000);
    this.#registry = new Registry(this.#store, {
      clock,
      bookmarkIntervalMs: options.bookmarkIntervalMs ?? 60_000,
      allocators: new Map([['services', allocator]]),
      kubelets: options.kubelets ?? false,
      random,
    });
    const handler = new Handler(this.#registry, this.faults, clock, options.watchTimeoutSeconds ?? 1800);
    this.#front = new Front(handler, this.faults, clock);
    for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) {
      this.create('namespaces', { metadata: { name } });
    }
  }

  /** May be called several times; resolves to the address with the port that the system chose for port 0. */
  listen(address: Address): Promise<Address> {
    return this.#front.listen(address);
  }

  /** `http://127.0.0.1:6443`: the first TCP address it listens on. */
  get url(): string {
    return this.#front.url;
  }

  /** The latest 1000 requests, oldest first. */
  get requests(): readonly SeenRequest[] {
    return this.#front.seen;
  }

  /** Cuts every connection; new ones are refused until `acceptConnections`. */
  refuseConnections(): Promise<void> {
    return this.#front.refuse();
  }

  acceptConnections(): Promise<void> {
    return this.#front.accept();
  }

  /** Forgets all history: a watch or a page from before gets 410. */
  compact(): void {
    this.#store.compact();
  }

  /** resourceVersion of the last write. */
  get resourceVersion(): string {
    return String(this.#store.revision);
  }

  close(): Promise<void> {
    return this.#front.close();
  }

  /** The namespace is the object's own, `default` when it has none. Throws an ApiError, as all that follow. */
  create(plural: ResourceName, object: JsonObject, options: WriteOptions = {}): KubeObject {
    const resource = resourceOf(plural);
    return this.#registry.create(resource, scopeOf(resource, object), object, options);
  }

  /** Replaces; with `{subresource: 'status'}` only the status. A resourceVersion in the object must be the current one. */
  update(plural: ResourceName, object: JsonObject, options: WriteOptions = {}): KubeObject {
    const resource = resourceOf(plural);
    return this.#registry.update(resource, scopeOf(resource, object), nameOf(object), object, options);
  }

  /** A merge patch unless told otherwise. */
  patch(
    plural: ResourceName,
    namespace: string,
    name: string,
    patch: Json,
    options: WriteOptions & { readonly type?: Exclude<PatchType, 'apply'> } = {},
  ): KubeObject {
    const resource = resourceOf(plural);
    const change = (shown: KubeObject): Json => patched(shown, options.type ?? 'merge', patch);
    return this.#registry.patch(resource, namespace, name, change, options);
  }

  delete(plural: ResourceName, namespace: string, name: string, options: DeleteOptions = {}): KubeObject {
    return this.#registry.delete(resourceOf(plural), namespace, name, options);
  }

  get(plural: ResourceName, namespace: string, name: string): KubeObject {
    return this.#registry.get(resourceOf(plural), namespace, name);
  }

  /** @param namespace empty for all */
  list(plural: ResourceName, namespace = '', options: ListOptions = {}): Page {
    return this.#registry.list(resourceOf(plural), namespace, options);
  }

  /** Tells the sink every event synchronously, the state first unless a resourceVersion is given; returns how to stop it. */
  watch(
    plural: ResourceName,
    sink: WatchSink,
    options: WatchOptions & { readonly namespace?: string } = {},
  ): () => void {
    const watch = this.#registry.watch(resourceOf(plural), options.namespace ?? '', options, sink);
    watch.start();
    return () => watch.stop();
  }
}

function resourceOf(plural: string): Resource {
  const found = RESOURCES.find((row) => plural === row.plural || plural === `${row.plural}.${row.group}`);
  if (found === undefined) throw new Error(`the API server has no resource ${plural}`);
  return found;
}

function scopeOf(resource: Resource, object: JsonObject): string {
  return resource.namespaced ? namespaceOf(object) || 'default' : '';
}
