/** Reading fields of an object that may have any shape. */

/** A field holds another shape than Kubernetes defines. Thrown by `Fields`, caught in `project.ts` alone. */
export class ShapeError extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/**
 * One JSON object, read field by field. A missing or null field reads as its Go zero value, as the API server's
 * own decoder does; a field of the wrong shape throws a ShapeError with its path.
 */
export class Fields {
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #parent: Fields | undefined;
  readonly #key: string;

  constructor(value: unknown, parent?: Fields, key = '') {
    this.#parent = parent;
    this.#key = key;
    this.#value = isObject(value) ? value : this.#refuse('', value, 'an object');
  }

  /** Path of this object, or of a field in it. Built only for errors: there is one Fields an endpoint. */
  path(field: string): string {
    const own = this.#parent === undefined ? '' : this.#parent.path(this.#key);
    if (own === '' || field === '') return own + field;
    return field.startsWith('[') ? own + field : `${own}.${field}`;
  }

  /** Whether the field is there at all, whatever it holds. */
  has(field: string): boolean {
    return Object.hasOwn(this.#value, field);
  }

  keys(): string[] {
    return Object.keys(this.#value);
  }

  text(field: string): string {
    const value = this.#value[field] ?? '';
    return typeof value === 'string' ? value : this.#refuse(field, value, 'text');
  }

  number(field: string): number {
    const value = this.#value[field] ?? 0;
    return typeof value === 'number' ? value : this.#refuse(field, value, 'a number');
  }

  boolean(field: string, otherwise: boolean): boolean {
    const value = this.#value[field] ?? otherwise;
    return typeof value === 'boolean' ? value : this.#refuse(field, value, 'true or false');
  }

  object(field: string): Fields {
    return new Fields(this.#value[field] ?? {}, this, field);
  }

  objects(field: string): Fields[] {
    return this.#list(field).map((item, i) => new Fields(item, this, `${field}[${i}]`));
  }

  texts(field: string): string[] {
    return this.#list(field).map((item, i) =>
      typeof item === 'string' ? item : this.#refuse(`${field}[${i}]`, item, 'text'),
    );
  }

  #list(field: string): readonly unknown[] {
    const value = this.#value[field] ?? [];
    return Array.isArray(value) ? value : this.#refuse(field, value, 'a list');
  }

  #refuse(field: string, value: unknown, wanted: string): never {
    throw new ShapeError(this.path(field), `must be ${wanted}, not ${shapeOf(value)}`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shapeOf(value: unknown): string {
  if (typeof value === 'string') return `the text ${JSON.stringify(shorten(value))}`;
  if (value === null) return 'null';
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object';
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeof value;
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
