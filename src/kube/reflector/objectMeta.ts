/** What the reflector itself must know of an object: which one it is, and which version of it. */
export interface ObjectMeta {
  /** Empty for Nodes and Namespaces. */
  readonly namespace: string;
  readonly name: string;
  /** resourceVersion; empty when the object has none. */
  readonly version: string;
}

/** Undefined when it has no name, and so is no object of the API. */
export function readMeta(object: unknown): ObjectMeta | undefined {
  const metadata = member(object, 'metadata');
  const name = text(metadata, 'name');
  if (name === '') return undefined;
  return { namespace: text(metadata, 'namespace'), name, version: text(metadata, 'resourceVersion') };
}

/**
 * The same from the beginning of an object that is too long to be parsed. The API server writes these ahead of all
 * that can grow: labels, annotations, managedFields, the spec.
 */
export function readHead(head: string): ObjectMeta | undefined {
  const metadata = /"metadata"\s*:\s*\{([^{}]*)/.exec(head)?.[1] ?? '';
  const part = (key: string): string =>
    new RegExp(`"${key}"\\s*:\\s*"([^"\\\\]+)"`).exec(metadata)?.[1] ?? '';
  const name = part('name');
  return name === '' ? undefined : { namespace: part('namespace'), name, version: part('resourceVersion') };
}

/**
 * Whether version `a` is before `b`. Versions are decimal numbers of any length; others are not compared.
 * Kubernetes promises the order since 1.35, and etcd's revisions have always had it.
 */
export function isOlder(a: string, b: string): boolean {
  if (!DECIMAL.test(a) || !DECIMAL.test(b)) return false;
  return a.length === b.length ? a < b : a.length < b.length;
}

const DECIMAL = /^[1-9][0-9]*$/;

export function member(object: unknown, key: string): unknown {
  return isFields(object) && Object.hasOwn(object, key) ? object[key] : undefined;
}

export function text(object: unknown, key: string): string {
  const value = member(object, key);
  return typeof value === 'string' ? value : '';
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
