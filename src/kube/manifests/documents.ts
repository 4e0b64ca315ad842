/** The text of a manifest, taken apart into its documents and the items of its Lists. */
import { CORE_SCHEMA, loadAll, mergeTag, type Schema, YAMLException } from 'js-yaml';

export interface Document {
  /** `document 2`, or `document 2, item 5` of a List. Counted from 1, empty documents included. */
  readonly where: string;
  readonly value: unknown;
}

/** A text that is no manifest; the message says where and why. */
export class ManifestError extends Error {}

/** kubectl reads merge keys too, which YAML 1.2 itself has no more. */
const SCHEMA: Schema = CORE_SCHEMA.withTags(mergeTag);
/** A marker at the start of a line is one wherever it stands, in block scalars too (YAML 1.2.2, 9.1.2). */
const MARKER = /^---(?=\s|$)/m;
/** A List that holds Lists is a mistake or an attack; kubectl writes none. */
const MAX_DEPTH = 3;

/**
 * Documents that hold something, Lists unpacked; each is parsed only when it is taken.
 * @throws ManifestError at the first document that is not YAML or JSON
 */
export function* readDocuments(text: string): Generator<Document, void, undefined> {
  const json = parseJson(text);
  if (json !== undefined) {
    yield* unpack('document 1', json, 0);
    return;
  }
  let line = 0;
  for (const [i, part] of split(text).entries()) {
    const where = `document ${i + 1}`;
    for (const value of parseYaml(part, where, line)) yield* unpack(where, value, 0);
    line += part.split('\n').length - 1;
  }
}

/** Far faster for what programs write. What is not one JSON value is left to YAML, which tells better why. */
function parseJson(text: string): unknown {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Parts that keep their marker, so that lines can be counted; the first may come without one. */
function split(text: string): string[] {
  const parts = text.split(MARKER).map((part, i) => (i === 0 ? part : `---${part}`));
  // Before the first marker there are usually only comments: they are no document.
  const isPrologue = parts.length > 1 && /^(\s*(#.*|%.*)?\n)*$/.test(parts[0] ?? '');
  return isPrologue ? [`${parts[0]}${parts[1]}`, ...parts.slice(2)] : parts;
}

function parseYaml(text: string, where: string, linesBefore: number): unknown[] {
  try {
    return loadAll(text, { schema: SCHEMA });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark === undefined ? '' : `, line ${linesBefore + error.mark.line + 1}`;
    throw new ManifestError(`${where}${line}: ${error.reason}`);
  }
}

function* unpack(where: string, value: unknown, depth: number): Generator<Document, void, undefined> {
  if (value === null || value === undefined) return;
  const items = itemsOf(value);
  if (items === undefined) {
    yield { where, value };
    return;
  }
  if (depth === MAX_DEPTH)
    throw new ManifestError(`${where}: Lists within Lists, more than ${MAX_DEPTH} deep`);
  for (const [i, item] of items.entries()) yield* unpack(`${where}, item ${i + 1}`, item, depth + 1);
}

/** Items of a `List`, `ServiceList` and so on. */
function itemsOf(value: unknown): readonly unknown[] | undefined {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('items' in value))
    return undefined;
  const { kind, items } = value;
  return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items) ? items : undefined;
}
