import { ListSplitter, NotAListError } from '../stream/listSplitter.ts';
import type { Piece } from '../stream/piece.ts';
import { ApiError } from '../transport/apiError.ts';
import type { Difference } from './mirror.ts';
import { readHead, text } from './objectMeta.ts';
import { acceptOf, listPath } from './resource.ts';
import { MAX_OBJECT_BYTES, readPieces, type Session, tooLong } from './session.ts';

const SILENCE_MS = 30_000;

export interface Listed {
  /** Version that a watch goes on from. */
  readonly version: string;
  readonly difference: Difference;
}

/**
 * Reads a whole collection into the mirror, page by page where the server pages. Undefined when the session's
 * lifeline ended.
 *
 * `notOlderThan`: `0` for what the server has at hand, a version, or empty for the newest, which costs it more.
 * @throws ApiError
 */
export async function list(session: Session, notOlderThan: string): Promise<Listed | undefined> {
  const { resource, mirror, lifeline } = session;
  let continueToken = '';
  mirror.beginReplacement();
  for (;;) {
    const metadata = await readPage(session, listPath(resource, { notOlderThan, continueToken }));
    if (lifeline.over) return undefined;
    const next = text(metadata, 'continue');
    if (next === '') {
      const version = text(metadata, 'resourceVersion');
      if (version === '') throw new ApiError('protocol', 'a list without a resourceVersion');
      return { version, difference: mirror.endReplacement() };
    }
    if (next === continueToken) throw new ApiError('protocol', 'the same page again and again');
    continueToken = next;
  }
}

/** The metadata of the page. */
async function readPage(session: Session, path: string): Promise<unknown> {
  const splitter = new ListSplitter(MAX_OBJECT_BYTES);
  const accept = acceptOf(session.resource, 'list');
  const take = (piece: Piece): void => {
    const json = piece.bytes.toString('utf8');
    if (piece.length > piece.bytes.length) session.mirror.oversized(readHead(json), tooLong(piece));
    else session.mirror.upsert(parseItem(json));
  };
  try {
    await readPieces(session, { path, accept, silenceMs: SILENCE_MS }, splitter, take);
  } catch (error) {
    if (error instanceof NotAListError) throw new ApiError('protocol', error.message, { cause: error });
    throw error;
  }
  if (!splitter.done && !session.lifeline.over) throw new ApiError('broken', 'a list ended before its end');
  return splitter.metadata;
}

function parseItem(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new ApiError('protocol', 'an item of a list that is not JSON', { cause: error });
  }
}
