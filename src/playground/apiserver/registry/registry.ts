/** The verbs, on one table of resources and one store. */
import { equal, isObject, type Json, type JsonObject, textAt } from '../objects/json.ts';
import { type KubeObject, keyOf, nameOf, namespaceOf } from '../objects/object.ts';
import { alreadyExists, ApiError, conflict, forbidden, notFound, STALE } from '../objects/status.ts';
import type { Resource } from '../resources/resource.ts';
import type { Store } from '../store/store.ts';
import { Deletion } from './deletion.ts';
import { listPage, type Page } from './list.ts';
import type { DeleteOptions, ListOptions, WatchOptions, WriteOptions } from './options.ts';
import type { RegistrySettings } from './settings.ts';
import { selectionOf } from './selection.ts';
import { Watch, type WatchSink } from './watch.ts';
import { newObject, nextObject, validate, withGeneration } from './write.ts';

export class Registry {
  readonly #store: Store;
  readonly #settings: RegistrySettings;
  readonly #deletion: Deletion;

  constructor(store: Store, settings: RegistrySettings) {
    this.#store = store;
    this.#settings = settings;
    this.#deletion = new Deletion(store, settings);
  }

  get(resource: Resource, namespace: string, name: string): KubeObject {
    return resource.show(this.#stored(resource, namespace, name));
  }

  list(resource: Resource, namespace: string, options: ListOptions): Page {
    const collection = this.#store.collection(resource.storage);
    const page = listPage(resource, collection, this.#store.revision, namespace, options);
    return { ...page, items: page.items.map((item) => resource.show(item)) };
  }

  watch(resource: Resource, namespace: string, options: WatchOptions, sink: WatchSink): Watch {
    return new Watch(resource, this.#store, namespace, options, sink, this.#settings);
  }

  create(resource: Resource, namespace: string, body: JsonObject, options: WriteOptions): KubeObject {
    if (textAt(body, 'metadata', 'resourceVersion') !== '') {
      throw new ApiError(500, 'InternalError', 'resourceVersion should not be set on objects to be created');
    }
    const made = newObject(resource, namespace, body, {
      now: this.#settings.clock.now(),
      suffix: this.#suffix(),
    });
    if (resource.namespaced) this.#checkNamespace(namespace, nameOf(made));
    if (this.#store.collection(resource.storage).get(namespace, nameOf(made)) !== undefined) {
      throw alreadyExists(resource, nameOf(made));
    }
    return this.#write(resource, made, undefined, options);
  }

  update(
    resource: Resource,
    namespace: string,
    name: string,
    body: JsonObject,
    options: WriteOptions,
  ): KubeObject {
    const old = this.#store.collection(resource.storage).get(namespace, name);
    if (old === undefined) {
      if (resource.putCreates && options.subresource === undefined)
        return this.create(resource, namespace, body, options);
      throw notFound(resource, name);
    }
    checkPreconditions(
      resource,
      old,
      textAt(body, 'metadata', 'uid'),
      textAt(body, 'metadata', 'resourceVersion'),
    );
    return this.#write(resource, nextObject(resource, old, body, options.subresource), old, options);
  }

  /** Reads, changes and writes back what `change` makes of the shown object. */
  patch(
    resource: Resource,
    namespace: string,
    name: string,
    change: (shown: KubeObject) => Json,
    options: WriteOptions,
  ): KubeObject {
    const changed = change(this.get(resource, namespace, name));
    if (!isObject(changed)) throw new ApiError(422, 'Invalid', 'the patch leaves no object');
    return this.update(resource, namespace, name, changed, options);
  }

  /** The last state when it is gone; the state it waits in when something must happen first. */
  delete(resource: Resource, namespace: string, name: string, options: DeleteOptions): KubeObject {
    const old = this.#stored(resource, namespace, name);
    checkPreconditions(resource, old, options.uid ?? '', options.resourceVersion ?? '');
    return resource.show(this.#deletion.delete(resource, old, options));
  }

  deleteCollection(
    resource: Resource,
    namespace: string,
    list: ListOptions,
    options: DeleteOptions,
  ): readonly KubeObject[] {
    const selected = selectionOf(resource, namespace, list);
    const doomed = this.#store.collection(resource.storage).list().filter(selected);
    return doomed.map((object) => this.delete(resource, namespaceOf(object), nameOf(object), options));
  }

  #write(
    resource: Resource,
    candidate: KubeObject,
    old: KubeObject | undefined,
    options: WriteOptions,
  ): KubeObject {
    const allocator = this.#settings.allocators.get(resource.plural);
    let next = candidate;
    if (options.subresource === undefined) {
      next = resource.prepare(resource.defaults(next), old);
      validate(resource, next, old);
      if (allocator !== undefined) next = allocator.complete(next, old);
    }
    if (old !== undefined) next = withGeneration(resource, next, old);
    // A write that changes nothing is none: no new version, no event.
    if (options.dryRun === true || (old !== undefined && equal(next, old))) return resource.show(next);
    const stored = this.#store.put(resource.storage, next);
    allocator?.settle(stored, old);
    return resource.show(this.#deletion.finish(resource, stored));
  }

  #stored(resource: Resource, namespace: string, name: string): KubeObject {
    const found = this.#store.collection(resource.storage).get(namespace, name);
    if (found === undefined) throw notFound(resource, name);
    return found;
  }

  #checkNamespace(namespace: string, name: string): void {
    const found = this.#store.collection('namespaces').get('', namespace);
    if (found === undefined)
      throw notFound({ group: '', plural: 'namespaces', kind: 'Namespace' }, namespace);
    if (textAt(found, 'metadata', 'deletionTimestamp') === '') return;
    throw forbidden(
      `${keyOf(namespace, name)}: unable to create new content in namespace ${namespace} because it is being terminated`,
    );
  }

  #suffix(): string {
    const letters = 'bcdfghjklmnpqrstvwxz2456789';
    return Array.from(
      { length: 5 },
      () => letters[Math.floor(this.#settings.random() * letters.length)],
    ).join('');
  }
}

function checkPreconditions(resource: Resource, old: KubeObject, uid: string, version: string): void {
  if (uid !== '' && uid !== old.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`;
    throw conflict(resource, nameOf(old), why);
  }
  if (version !== '' && version !== old.metadata.resourceVersion)
    throw conflict(resource, nameOf(old), STALE);
}
