import type { Piece } from '../stream/piece.ts';
import type { TurnBudget } from '../stream/turnBudget.ts';
import type { ByteStream, StreamRequest, Transport } from '../transport/transport.ts';
import type { Lifeline } from './lifeline.ts';
import type { Mirror } from './mirror.ts';
import type { Resource } from './resource.ts';

/**
 * Longest object that is read. etcd takes 1.5 MB and JSON is two to three times as long; parsing this much holds
 * the event loop for about 50 ms.
 */
export const MAX_OBJECT_BYTES: number = 8 * 1024 * 1024;

/** What a list and a watch of one resource have in common. */
export interface Session {
  readonly resource: Resource;
  readonly transport: Pick<Transport, 'open'>;
  readonly mirror: Mirror;
  readonly budget: TurnBudget;
  readonly lifeline: Lifeline;
  /** The server accepted a request. */
  opened(): void;
  /** Bytes came. */
  heard(): void;
}

export interface Splitter {
  push(chunk: Buffer): Iterable<Piece>;
}

/**
 * Hands every piece of an answer to `take`, in turns of the event loop that are never long.
 * Returns early, without an error, when the session's lifeline ends.
 * @throws ApiError
 */
export async function readPieces(
  session: Session,
  request: Omit<StreamRequest, 'access'>,
  splitter: Splitter,
  take: (piece: Piece, stream: ByteStream) => void,
): Promise<void> {
  const { resource, transport, budget, lifeline } = session;
  const stream = await lifeline.open(transport.open({ ...request, access: resource.access }));
  if (stream === undefined) return;
  session.opened();
  try {
    for await (const chunk of stream) {
      session.heard();
      for (const piece of splitter.push(chunk)) {
        if (lifeline.over) return;
        take(piece, stream);
        if (budget.spent) await budget.next();
      }
    }
  } finally {
    stream.close();
  }
}

export function tooLong(piece: Piece): string {
  const megabytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);
  return `is ${megabytes(piece.length)} MB of JSON, more than the ${megabytes(MAX_OBJECT_BYTES)} MB that are read`;
}
