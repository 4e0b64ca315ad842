import type { Access } from './access.ts';

/** Requests to one API server. Every failure is an ApiError. */
export interface Transport {
  /** Sends a GET; resolves when an answer with status 200 begins. */
  open(request: StreamRequest): Promise<ByteStream>;
  /** Sends and returns JSON; an empty answer is undefined. */
  request(request: JsonRequest): Promise<unknown>;
  /** Ends every connection. Requests under way fail. */
  close(): void;
}

export interface StreamRequest {
  /** With the query: `/api/v1/services?watch=1`. */
  readonly path: string;
  readonly accept: string;
  readonly access: Access;
  /** The stream fails with `stalled` after so long without a byte. */
  readonly silenceMs: number;
}

export interface JsonRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly access: Access;
  readonly body?: unknown;
  /** Default `application/json`; a PATCH names its kind here. */
  readonly contentType?: string;
}

export interface ByteStream extends AsyncIterable<Buffer> {
  /** From now on, fail with `stalled` after `ms` milliseconds without a byte. */
  limitSilence(ms: number): void;
  /** Ends the stream; who iterates sees its end, not an error. */
  close(): void;
}
