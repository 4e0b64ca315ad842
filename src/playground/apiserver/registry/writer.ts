/** The last steps of every write: defaults, validation, allocation, ownership, and the store. */
import { type Manager, type Owner, ownersAfterUpdate, withOwners } from '../apply/managers.ts';
import { equal, textAt } from '../objects/json.ts';
import { type KubeObject, keyOf, nameOf, namespaceOf } from '../objects/object.ts';
import { alreadyExists, forbidden, notFound } from '../objects/status.ts';
import type { Resource } from '../resources/resource.ts';
import type { Store } from '../store/store.ts';
import type { Deletion } from './deletion.ts';
import type { WriteOptions } from './options.ts';
import type { RegistrySettings } from './settings.ts';
import { timestamp } from './timestamp.ts';
import { validate, withGeneration } from './write.ts';

export class Writer {
  readonly #store: Store;
  readonly #settings: RegistrySettings;
  readonly #deletion: Deletion;

  constructor(store: Store, settings: RegistrySettings, deletion: Deletion) {
    this.#store = store;
    this.#settings = settings;
    this.#deletion = deletion;
  }

  /** Stores a new object and returns it as it is shown. Throws a 403, 404, 409 or 422. */
  create(resource: Resource, made: KubeObject, options: WriteOptions, owners?: readonly Owner[]): KubeObject {
    const namespace = namespaceOf(made);
    if (resource.namespaced) this.#checkNamespace(namespace, nameOf(made));
    if (this.#store.collection(resource.storage).get(namespace, nameOf(made)) !== undefined) {
      throw alreadyExists(resource, nameOf(made));
    }
    return this.replace(resource, made, undefined, options, owners);
  }

  /** @param owners of its fields after an apply; else whoever the options name owns what changed */
  replace(
    resource: Resource,
    candidate: KubeObject,
    old: KubeObject | undefined,
    options: WriteOptions,
    owners?: readonly Owner[],
  ): KubeObject {
    const allocator = this.#settings.allocators.get(resource.plural);
    const whole = options.subresource === undefined;
    let next = candidate;
    if (whole) {
      next = resource.prepare(resource.defaults(next), old);
      validate(resource, next, old);
    }
    const owned = owners ?? this.#ownersAfter(next, old, options);
    if (whole && allocator !== undefined) next = allocator.complete(next, old);
    if (owned !== undefined) next = withOwners(next, owned);
    if (old !== undefined) next = withGeneration(resource, next, old);
    // A write that changes nothing is none: no new version, no event.
    if (options.dryRun === true || (old !== undefined && equal(next, old))) return resource.show(next);
    const stored = this.#store.put(resource.storage, next);
    allocator?.settle(stored, old);
    return resource.show(this.#deletion.finish(resource, stored));
  }

  /** `undefined` where nobody is named who could own anything. What the server allocates is nobody's. */
  #ownersAfter(
    next: KubeObject,
    old: KubeObject | undefined,
    options: WriteOptions,
  ): readonly Owner[] | undefined {
    if ((options.fieldManager ?? '') === '') return undefined;
    const now = timestamp(this.#settings.clock.now());
    return ownersAfterUpdate(next, old, managerOf(options, 'Update'), now);
  }

  #checkNamespace(namespace: string, name: string): void {
    const found = this.#store.collection('namespaces').get('', namespace);
    if (found === undefined)
      throw notFound({ group: '', plural: 'namespaces', kind: 'Namespace' }, namespace);
    if (textAt(found, 'metadata', 'deletionTimestamp') === '') return;
    const what = keyOf(namespace, name);
    throw forbidden(
      `${what}: unable to create new content in namespace ${namespace} because it is being terminated`,
    );
  }
}

export function managerOf(options: WriteOptions, operation: Manager['operation']): Manager {
  return { name: options.fieldManager ?? '', operation, subresource: options.subresource ?? '' };
}
