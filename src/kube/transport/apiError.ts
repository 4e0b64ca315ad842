/** Everything that can go wrong between us and the API server, as a closed list. */

export const API_ERROR_CODES = [
  /** No connection: wrong name or address, refused, no route, no answer in time. */
  'unreachable',
  /** A connection without trust, or no TLS where TLS was expected. */
  'tls',
  /** We could not get hold of credentials of our own: no token file, an exec plugin that failed. */
  'credentials',
  /** 401. */
  'unauthorized',
  /** 403. */
  'forbidden',
  /** 404: no such resource, or no such object. */
  'notFound',
  /** 410, as a status or in a stream: the resourceVersion or the continue token is no longer known. */
  'gone',
  /** 409. */
  'conflict',
  /** 400, 406, 413, 422 and their kind: the same request will be refused again. */
  'invalid',
  /** 429, or 503 and 504: later may work. */
  'busy',
  /** Any other status. */
  'server',
  /** The connection is open and nothing comes. */
  'stalled',
  /** The connection ended in the middle of an answer. */
  'broken',
  /** An answer that is not the Kubernetes API's. */
  'protocol',
] as const;

export type ApiErrorCode = (typeof API_ERROR_CODES)[number];

export interface ApiErrorFields {
  /** HTTP status, or the code of a Status object in a stream; 0 when there was none. */
  readonly status?: number;
  /** Who the server takes us for, when it said so. */
  readonly user?: string;
  /** The server asks us to wait this long; 0 when it does not. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** `message` is one clause; describeApiError() makes the line that an operator reads. */
export class ApiError extends Error {
  override readonly name: string = 'ApiError';
  readonly code: ApiErrorCode;
  readonly status: number;
  readonly user: string;
  readonly retryAfterMs: number;

  constructor(code: ApiErrorCode, message: string, fields: ApiErrorFields = {}) {
    super(message, { cause: fields.cause });
    this.code = code;
    this.status = fields.status ?? 0;
    this.user = fields.user ?? '';
    this.retryAfterMs = fields.retryAfterMs ?? 0;
  }
}
