import { ApiError } from '../transport/apiError.ts';
import { fromErrorEvent } from '../transport/classify.ts';
import { member, text } from './objectMeta.ts';

/** One line of a watch. */
export type WatchEvent =
  | { readonly type: 'changed' | 'removed'; readonly object: unknown }
  /** Everything up to this version has been sent. `initialEnd`: and with it all that existed at the start. */
  | { readonly type: 'bookmark'; readonly version: string; readonly initialEnd: boolean }
  | { readonly type: 'error'; readonly error: ApiError }
  /** Of a type that did not exist when this was written. */
  | { readonly type: 'unknown' };

/** @throws ApiError `protocol` when the line is not an event */
export function parseWatchEvent(line: string): WatchEvent {
  const event = parse(line);
  const type = text(event, 'type');
  const object = member(event, 'object');
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { type: 'changed', object };
    case 'DELETED':
      return { type: 'removed', object };
    case 'BOOKMARK': {
      const metadata = member(object, 'metadata');
      const end = text(member(metadata, 'annotations'), 'k8s.io/initial-events-end');
      return { type: 'bookmark', version: text(metadata, 'resourceVersion'), initialEnd: end === 'true' };
    }
    case 'ERROR':
      return { type: 'error', error: fromErrorEvent(object) };
    case '':
      throw new ApiError('protocol', `a line that is no watch event: ${excerpt(line)}`);
    default:
      return { type: 'unknown' };
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new ApiError('protocol', `a line that is not JSON: ${excerpt(line)}`, { cause: error });
  }
}

function excerpt(line: string): string {
  return JSON.stringify(line.length > 80 ? `${line.slice(0, 80)}...` : line);
}
