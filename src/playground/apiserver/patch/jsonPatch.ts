/** JSON Patch, RFC 6902. */
import { equal, isList, isObject, type Json, type JsonObject, textAt } from '../objects/json.ts';
import { ApiError, badRequest } from '../objects/status.ts';

/** Throws a 400 for what is no patch, a 422 for one that does not fit the document. */
export function jsonPatch(document: Json, patch: Json): Json {
  if (!isList(patch) || !patch.every(isObject)) throw badRequest('a JSON patch is a list of operations');
  return patch.reduce((result: Json, operation) => apply(result, operation), document);
}

function apply(document: Json, operation: JsonObject): Json {
  const path = pointer(textAt(operation, 'path'));
  const value = operation['value'] ?? null;
  switch (textAt(operation, 'op')) {
    case 'add':
      return insert(document, path, value);
    case 'remove':
      return remove(document, path);
    case 'replace':
      return insert(remove(document, path), path, value);
    case 'move': {
      const from = pointer(textAt(operation, 'from'));
      return insert(remove(document, from), path, read(document, from));
    }
    case 'copy':
      return insert(document, path, read(document, pointer(textAt(operation, 'from'))));
    case 'test':
      if (equal(read(document, path), value)) return document;
      throw unprocessable(`testing value ${textAt(operation, 'path')} failed`);
    default:
      throw badRequest(`unexpected kind of operation: ${JSON.stringify(operation['op'])}`);
  }
}

function pointer(text: string): readonly string[] {
  if (text === '') return [];
  if (!text.startsWith('/')) throw badRequest(`${JSON.stringify(text)} is not a JSON pointer`);
  // RFC 6901: ~1 first, so that ~01 stays ~1.
  const unescape = (token: string): string => token.replaceAll('~1', '/').replaceAll('~0', '~');
  return text.slice(1).split('/').map(unescape);
}

function read(document: Json, path: readonly string[]): Json {
  return path.reduce((value: Json, key) => child(value, key, path), document);
}

function child(value: Json, key: string, path: readonly string[]): Json {
  const found = isList(value)
    ? value[index(value, key, value.length - 1, path)]
    : isObject(value)
      ? value[key]
      : undefined;
  if (found === undefined) throw missing(path);
  return found;
}

/** Rebuilds the way to the parent of the path's last step, where `change` acts. */
function edit(
  value: Json,
  path: readonly string[],
  change: (parent: readonly Json[] | JsonObject, key: string) => Json,
  whole: readonly string[] = path,
): Json {
  const [key, ...rest] = path;
  if (key === undefined || !(isList(value) || isObject(value))) throw missing(whole);
  if (rest.length === 0) return change(value, key);
  const changed = edit(child(value, key, whole), rest, change, whole);
  return isList(value) ? value.with(Number(key), changed) : { ...value, [key]: changed };
}

function insert(document: Json, path: readonly string[], value: Json): Json {
  if (path.length === 0) return value;
  return edit(document, path, (parent, key) => {
    if (!isList(parent)) return { ...parent, [key]: value };
    const at = key === '-' ? parent.length : index(parent, key, parent.length, path);
    return parent.toSpliced(at, 0, value);
  });
}

function remove(document: Json, path: readonly string[]): Json {
  if (path.length === 0) return null;
  return edit(document, path, (parent, key) => {
    if (isList(parent)) return parent.toSpliced(index(parent, key, parent.length - 1, path), 1);
    const { [key]: gone, ...rest } = parent;
    if (gone === undefined) throw missing(path);
    return rest;
  });
}

function index(list: readonly Json[], key: string, last: number, path: readonly string[]): number {
  const number = /^(0|[1-9]\d*)$/.test(key) ? Number(key) : -1;
  if (number < 0 || number > last || number > list.length) throw missing(path);
  return number;
}

function missing(path: readonly string[]): ApiError {
  return unprocessable(`there is nothing at /${path.join('/')}`);
}

function unprocessable(message: string): ApiError {
  return new ApiError(
    422,
    'Invalid',
    `the server rejected our request due to an error in our request: ${message}`,
  );
}
