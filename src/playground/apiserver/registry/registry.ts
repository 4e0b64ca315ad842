/** The verbs, on one table of resources and one store. */
import { applyTo } from '../apply/apply.ts';
import { invalid, invalidObject, required } from '../objects/fieldError.ts';
import { isObject, type Json, type JsonObject, objectAt, textAt } from '../objects/json.ts';
import { type KubeObject, nameOf, namespaceOf } from '../objects/object.ts';
import { ApiError, conflict, notFound, STALE } from '../objects/status.ts';
import type { Resource } from '../resources/resource.ts';
import type { Store } from '../store/store.ts';
import { Deletion } from './deletion.ts';
import { listPage, type Page } from './list.ts';
import type { DeleteOptions, ListOptions, WatchOptions, WriteOptions } from './options.ts';
import { readBodyAs } from './reading.ts';
import { selectionOf } from './selection.ts';
import type { RegistrySettings } from './settings.ts';
import { timestamp } from './timestamp.ts';
import { Watch, type WatchSink } from './watch.ts';
import { newObject, nextObject } from './write.ts';
import { managerOf, Writer } from './writer.ts';

export class Registry {
  readonly #store: Store;
  readonly #settings: RegistrySettings;
  readonly #deletion: Deletion;
  readonly #writer: Writer;

  constructor(store: Store, settings: RegistrySettings) {
    this.#store = store;
    this.#settings = settings;
    this.#deletion = new Deletion(store, settings);
    this.#writer = new Writer(store, settings, this.#deletion);
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
    const given = readBodyAs(resource, body, options);
    return this.#writer.create(resource, newObject(resource, namespace, given, this.#context()), options);
  }

  update(
    resource: Resource,
    namespace: string,
    name: string,
    body: JsonObject,
    options: WriteOptions,
  ): KubeObject {
    const old = this.#find(resource, namespace, name);
    if (old === undefined && resource.putCreates && options.subresource === undefined) {
      return this.create(resource, namespace, body, options);
    }
    if (old === undefined) throw notFound(resource, name);
    const { uid, version } = preconditionsOf(body);
    checkPreconditions(resource, old, uid, version);
    const given = readBodyAs(resource, body, options);
    return this.#writer.replace(
      resource,
      nextObject(resource, old, given, options.subresource),
      old,
      options,
    );
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
    // A patch that fits no object is the patch's fault, not the format's.
    const misfit = (why: string): Error => invalidObject(resource, name, [invalid('patch', null, why)]);
    const given = readBodyAs(resource, changed, options, misfit);
    return this.update(resource, namespace, name, given, options);
  }

  /** Server-side apply: creates what is not there. Throws a 409 where another manager disagrees, unless forced. */
  apply(
    resource: Resource,
    namespace: string,
    name: string,
    body: JsonObject,
    options: WriteOptions,
  ): { readonly object: KubeObject; readonly created: boolean } {
    if ((options.fieldManager ?? '') === '') throw managerRequired();
    const read = readBodyAs(resource, body, options);
    const said = { ...read, metadata: { ...objectAt(read, 'metadata'), name } };
    const made = newObject(resource, namespace, said, this.#context());
    const old = this.#find(resource, namespace, name);
    const now = timestamp(this.#settings.clock.now());
    const { object, owners } = applyTo(
      old && resource.show(old),
      wantedOnly(resource.show(made), said),
      managerOf(options, 'Apply'),
      { force: options.force === true, now },
    );
    if (old === undefined) {
      return { object: this.#writer.create(resource, made, options, owners), created: true };
    }
    const next = nextObject(resource, old, object, options.subresource);
    return { object: this.#writer.replace(resource, next, old, options, owners), created: false };
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

  #find(resource: Resource, namespace: string, name: string): KubeObject | undefined {
    return this.#store.collection(resource.storage).get(namespace, name);
  }

  #stored(resource: Resource, namespace: string, name: string): KubeObject {
    const found = this.#find(resource, namespace, name);
    if (found === undefined) throw notFound(resource, name);
    return found;
  }

  #context(): { readonly now: number; readonly suffix: string } {
    const { clock, random } = this.#settings;
    const letters = 'bcdfghjklmnpqrstvwxz2456789';
    const pick = (): string => letters[Math.floor(random() * letters.length)] ?? '';
    return { now: clock.now(), suffix: Array.from({ length: 5 }, pick).join('') };
  }
}

/** What the client says of an object, without what the server adds to a new one. */
function wantedOnly(made: KubeObject, said: JsonObject): KubeObject {
  const { name, uid, resourceVersion } = made.metadata;
  const { apiVersion, kind } = made;
  return {
    ...said,
    apiVersion,
    kind,
    metadata: { ...objectAt(said, 'metadata'), name, uid, resourceVersion },
  };
}

function managerRequired(): ApiError {
  const options = { group: 'meta.k8s.io', plural: 'patchoptions', kind: 'PatchOptions' };
  return invalidObject(options, '', [required('fieldManager', 'is required for apply patch')]);
}

function preconditionsOf(body: JsonObject): { readonly uid: string; readonly version: string } {
  return { uid: textAt(body, 'metadata', 'uid'), version: textAt(body, 'metadata', 'resourceVersion') };
}

function checkPreconditions(resource: Resource, old: KubeObject, uid: string, version: string): void {
  if (uid !== '' && uid !== old.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`;
    throw conflict(resource, nameOf(old), why);
  }
  if (version !== '' && version !== old.metadata.resourceVersion)
    throw conflict(resource, nameOf(old), STALE);
}
