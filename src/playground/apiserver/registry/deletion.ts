/** Deleting: what must wait, and what goes along. */
import { numberAt, isObject, listAt, textAt, textsAt, withAt } from '../objects/json.ts';
import { type KubeObject, nameOf, namespaceOf, withMeta } from '../objects/object.ts';
import type { Resource } from '../resources/resource.ts';
import { RESOURCES } from '../resources/resources.ts';
import type { Store } from '../store/store.ts';
import type { DeleteOptions } from './options.ts';
import type { RegistrySettings } from './settings.ts';
import { timestamp } from './timestamp.ts';

const DEFAULT_GRACE_SECONDS = 30;

export class Deletion {
  readonly #store: Store;
  readonly #settings: RegistrySettings;

  constructor(store: Store, settings: RegistrySettings) {
    this.#store = store;
    this.#settings = settings;
  }

  /** The last state when the object is gone, else the state it waits in. */
  delete(resource: Resource, object: KubeObject, options: DeleteOptions): KubeObject {
    const grace = this.#graceOf(resource, object, options);
    if (options.dryRun === true) return object;
    if (resource.kind === 'Namespace') this.#empty(nameOf(object));
    if (grace === 0 && finalizersOf(object).length === 0) return this.#remove(resource, object, options);
    const since = textAt(object, 'metadata', 'deletionTimestamp');
    const metadata = {
      // Of a Pod it is the time at which its grace ends.
      deletionTimestamp: since === '' ? timestamp(this.#settings.clock.now() + grace * 1000) : since,
      deletionGracePeriodSeconds: grace,
    };
    const marked = withMeta(object, metadata);
    const waiting = resource.kind === 'Namespace' ? withPhase(marked) : marked;
    return this.#store.put(resource.storage, waiting);
  }

  /** Removes an object that was only waiting for the finalizers that this write took away. */
  finish(resource: Resource, object: KubeObject): KubeObject {
    const waits = textAt(object, 'metadata', 'deletionTimestamp') === '' || finalizersOf(object).length > 0;
    if (waits || numberAt(object, 'metadata', 'deletionGracePeriodSeconds') > 0) return object;
    return this.#remove(resource, object, {});
  }

  #graceOf(resource: Resource, pod: KubeObject, options: DeleteOptions): number {
    if (resource.kind !== 'Pod' || !this.#settings.kubelets || textAt(pod, 'spec', 'nodeName') === '')
      return 0;
    // Nothing of an ended Pod is left to stop.
    if (['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase'))) return 0;
    const own = numberAt(pod, 'spec', 'terminationGracePeriodSeconds');
    return options.gracePeriodSeconds ?? (own === 0 ? DEFAULT_GRACE_SECONDS : own);
  }

  #remove(resource: Resource, object: KubeObject, options: DeleteOptions): KubeObject {
    const last = this.#store.remove(resource.storage, object);
    this.#settings.allocators.get(resource.plural)?.settle(undefined, object);
    if (options.propagationPolicy !== 'Orphan') this.#removeDependents(object);
    return last;
  }

  /** The namespace controller's work. */
  #empty(namespace: string): void {
    for (const resource of RESOURCES.filter((row) => row.namespaced)) {
      for (const object of this.#store.collection(resource.storage).list()) {
        if (namespaceOf(object) === namespace) this.delete(resource, object, { gracePeriodSeconds: 0 });
      }
    }
  }

  /** The garbage collector's work: what every owner has left goes too. */
  #removeDependents(owner: KubeObject): void {
    for (const resource of RESOURCES) {
      for (const object of this.#store.collection(resource.storage).list()) {
        const owners = listAt(object, 'metadata', 'ownerReferences').filter(isObject);
        if (owners.length > 0 && owners.every((reference) => reference['uid'] === owner.metadata.uid)) {
          this.delete(resource, object, {});
        }
      }
    }
  }
}

function finalizersOf(object: KubeObject): readonly string[] {
  return textsAt(object, 'metadata', 'finalizers');
}

function withPhase(namespace: KubeObject): KubeObject {
  return { ...namespace, ...withAt({ status: namespace['status'] }, ['status', 'phase'], 'Terminating') };
}
