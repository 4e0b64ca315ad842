/** One row of the served API: everything in which two kinds differ. */
import type { FieldError } from '../objects/fieldError.ts';
import type { Json } from '../objects/json.ts';
import type { KubeObject } from '../objects/object.ts';
import type { Named } from '../objects/status.ts';
import type { SelectableFields } from '../select/fields.ts';

export interface Resource extends Named {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  /** Part of `kubectl get all`. */
  readonly inAll: boolean;
  readonly hasStatus: boolean;
  readonly hasScale: boolean;
  /** Tokens are given out for its objects. */
  readonly hasToken: boolean;
  /** A PUT of a missing object creates it. */
  readonly putCreates: boolean;
  /** `metadata.generation` counts changes of the spec. */
  readonly hasGeneration: boolean;
  /** The collection that holds its objects. Two resources may show the same one. */
  readonly storage: string;
  /** The name of its type in the schema; Events, whose two forms share a kind, have none. */
  readonly typeName: string;
  /** Selectable fields beside `metadata.name` and `metadata.namespace`. */
  fields(object: KubeObject): SelectableFields;
  /** Fills in what the API fills in on reading. */
  defaults(object: KubeObject): KubeObject;
  /** Sets what only the server may set. `old` is absent on create. */
  prepare(object: KubeObject, old: KubeObject | undefined): KubeObject;
  validate(object: KubeObject, old: KubeObject | undefined): readonly FieldError[];
  /** Between Name and Age in `kubectl get`. */
  readonly columns: readonly Column[];
  /** From the stored form to this resource's, and back: the two Event APIs differ. */
  show(stored: KubeObject): KubeObject;
  store(shown: KubeObject): KubeObject;
}

export interface Column {
  readonly name: string;
  /** Shown with `-o wide` only. */
  readonly wide?: boolean;
  /** @param now milliseconds since the epoch, for ages */
  cell(object: KubeObject, now: number): Json;
}

export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

type Given = Pick<Resource, 'kind' | 'plural' | 'singular'> & Partial<Resource>;

/** A row with what most rows share. */
export function resource(given: Given): Resource {
  return {
    group: '',
    version: 'v1',
    shortNames: [],
    namespaced: true,
    inAll: false,
    hasStatus: false,
    hasScale: false,
    hasToken: false,
    putCreates: false,
    hasGeneration: false,
    storage: given.plural,
    typeName: given.kind,
    fields: () => ({}),
    defaults: (object) => object,
    prepare: (object) => object,
    validate: () => [],
    columns: [],
    show: (stored) => stored,
    store: (shown) => shown,
    ...given,
  };
}
