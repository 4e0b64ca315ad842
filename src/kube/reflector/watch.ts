import { LineSplitter } from '../stream/lineSplitter.ts';
import type { Piece } from '../stream/piece.ts';
import { ApiError } from '../transport/apiError.ts';
import type { ByteStream } from '../transport/transport.ts';
import type { Difference } from './mirror.ts';
import { type ObjectMeta, readHead, readMeta } from './objectMeta.ts';
import { acceptOf, watchPath } from './resource.ts';
import { MAX_OBJECT_BYTES, readPieces, type Session, tooLong } from './session.ts';
import { parseWatchEvent, type WatchEvent } from './watchEvent.ts';

/** The server sends a bookmark about once a minute; three may get lost before the connection counts as dead. */
const SILENCE_MS = 180_000;
/** While everything that exists is being sent there is no reason to pause. */
const INITIAL_SILENCE_MS = 30_000;

export interface WatchProgress {
  /** A new watch can go on from here. */
  advanced(version: string): void;
  /** Of a watch from the beginning: all that existed has been told. */
  complete(version: string, difference: Difference): void;
}

/**
 * Follows one watch until the server ends it, which it does every few minutes. An empty `from` asks for all that
 * exists first, as a replacement of what the mirror holds.
 * @throws ApiError also for an ERROR event
 */
export async function watch(
  session: Session,
  query: { readonly from: string; readonly timeoutSeconds: number },
  progress: WatchProgress,
): Promise<void> {
  const { resource, mirror } = session;
  let initial = query.from === '';
  if (initial) mirror.beginReplacement();

  const changed = (meta: ObjectMeta | undefined): void => {
    // Until all that exists was sent, no version stands for it: a broken stream starts again.
    if (!initial && meta !== undefined && meta.version !== '') progress.advanced(meta.version);
  };

  const takeEvent = (event: WatchEvent, stream: ByteStream): void => {
    switch (event.type) {
      case 'changed':
        mirror.upsert(event.object);
        changed(readMeta(event.object));
        return;
      case 'removed': {
        const meta = readMeta(event.object);
        if (meta !== undefined) mirror.remove(meta);
        changed(meta);
        return;
      }
      case 'bookmark':
        mirror.bookmark();
        if (initial && event.initialEnd) {
          initial = false;
          stream.limitSilence(SILENCE_MS);
          progress.complete(event.version, mirror.endReplacement());
        } else if (!initial) {
          progress.advanced(event.version);
        }
        return;
      case 'error':
        throw event.error;
      case 'unknown':
        return;
    }
  };

  const takeOversized = (piece: Piece): void => {
    const head = piece.bytes.toString('utf8');
    const meta = readHead(head);
    if (meta !== undefined && /^\s*\{\s*"type"\s*:\s*"DELETED"/.test(head)) mirror.remove(meta);
    else mirror.oversized(meta, tooLong(piece));
    changed(meta);
  };

  const request = {
    path: watchPath(resource, query),
    accept: acceptOf(resource, 'watch'),
    silenceMs: initial ? INITIAL_SILENCE_MS : SILENCE_MS,
  };
  await readPieces(session, request, new LineSplitter(MAX_OBJECT_BYTES), (piece, stream) => {
    if (piece.length > piece.bytes.length) takeOversized(piece);
    else takeEvent(parseWatchEvent(piece.bytes.toString('utf8')), stream);
  });
  if (initial && !session.lifeline.over) {
    throw new ApiError('broken', 'the server ended a streaming list before its end');
  }
}
