/**
 * The shape of objects, as far as the server must know it: which fields there are, how a patch finds an item of a
 * list, and which number a field has in protobuf, which kubectl's typed clients send.
 */

export type FieldType =
  | { readonly kind: Scalar }
  | { readonly kind: 'struct'; readonly name: string }
  | {
      readonly kind: 'map';
      readonly of: FieldType;
      /** One value, that has one owner: who applies it replaces it. */
      readonly atomic: boolean;
    }
  | {
      readonly kind: 'list';
      readonly of: FieldType;
      /** Fields that tell its items apart; none: the list is one value, `['']`: the items are their own keys. */
      readonly keys: readonly string[];
    };

export type Scalar = (typeof SCALARS)[number];

const SCALARS = ['string', 'int', 'bool', 'bytes', 'time', 'intOrString', 'quantity', 'any'] as const;

export interface Field {
  readonly name: string;
  readonly number: number;
  readonly type: FieldType;
  /** Zero and false mean something other than absent: a pointer in Go. */
  readonly optional: boolean;
}

export interface StructType {
  readonly name: string;
  readonly fields: ReadonlyMap<string, Field>;
}

export type Schema = ReadonlyMap<string, StructType>;

/**
 * Reads types written one a paragraph: the name, a colon, then `number name type` between semicolons. A type is a
 * scalar, another type's name, `{type}` a map by text, `[type]` a list; after a list `by a,b` names its keys and
 * `set` makes the items their own; after a map `atomic` makes it one value. A `*` before a scalar marks the pointers.
 */
export function parseTypes(text: string): Schema {
  const types = text
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '')
    .map(parseType);
  return new Map(types.map((type) => [type.name, type]));
}

function parseType(paragraph: string): StructType {
  const colon = paragraph.indexOf(':');
  const fields = paragraph
    .slice(colon + 1)
    .split(';')
    .map((field) => field.trim())
    .filter((field) => field !== '')
    .map(parseField);
  return { name: paragraph.slice(0, colon), fields: new Map(fields.map((field) => [field.name, field])) };
}

function parseField(text: string): Field {
  const [number = '', name = '', type = '', how = '', keys = ''] = text.split(/\s+/);
  const optional = type.startsWith('*');
  const list = how === 'set' ? [''] : how === 'by' ? keys.split(',') : [];
  const read = fieldType(optional ? type.slice(1) : type, list, how === 'atomic');
  return { number: Number(number), name, type: read, optional };
}

function fieldType(text: string, keys: readonly string[] = [], atomic = false): FieldType {
  const inner = text.slice(1, -1);
  if (text.startsWith('[')) return { kind: 'list', of: fieldType(inner), keys };
  if (text.startsWith('{')) return { kind: 'map', of: fieldType(inner), atomic };
  const scalar = SCALARS.find((one) => one === text);
  return scalar === undefined ? { kind: 'struct', name: text } : { kind: scalar };
}
