/** From what Node and HTTP report to an ApiError. The only place that knows their codes. */
import { messageOf } from '../../errors/caught.ts';
import { ApiError, type ApiErrorCode } from './apiError.ts';

const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'its name does not resolve',
  EAI_AGAIN: 'its name cannot be looked up now',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'no route to its network',
  EHOSTDOWN: 'the host is down',
  EADDRNOTAVAIL: 'no local address to reach it from',
  ETIMEDOUT: 'no answer',
};

const UNTRUSTED: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is from an authority that our CA file does not hold',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed and our CA file does not hold it',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is from an authority that our CA file does not hold',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate is from an authority that our CA file does not hold',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is from an authority that our CA file does not hold',
  CERT_SIGNATURE_FAILURE: 'its certificate is from another authority with the name of ours',
  CERT_HAS_EXPIRED: 'its certificate has expired, or the clock here is wrong',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet, or the clock here is wrong',
  CERT_REVOKED: 'its certificate was revoked',
};

/** An error of a socket, of TLS or of zlib. Errors that are already typed pass through. */
export function fromNode(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const code = codeOf(error);
  const unreachable = UNREACHABLE[code];
  if (unreachable !== undefined)
    return new ApiError('unreachable', `${unreachable} (${code})`, { cause: error });
  const untrusted = UNTRUSTED[code];
  if (untrusted !== undefined) return new ApiError('tls', `${untrusted} (${code})`, { cause: error });
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return new ApiError('tls', `its certificate is for other names: ${reasonOf(error)}`, { cause: error });
  }
  // OpenSSL reads the first bytes of a plain answer as the head of a TLS record.
  if (/wrong.version.number|packet.length.too.long/i.test(`${code} ${textOf(error)}`)) {
    return new ApiError('tls', 'what listens there does not speak TLS', { cause: error });
  }
  if (/^(ERR_SSL_|ERR_TLS_|ERR_OSSL_|EPROTO$)/.test(code)) {
    return new ApiError('tls', `${opensslReason(textOf(error))} (${code})`, { cause: error });
  }
  if (code.startsWith('Z_')) {
    return new ApiError('broken', `the compressed answer ended early or is damaged (${code})`, {
      cause: error,
    });
  }
  if (code.startsWith('HPE_')) {
    return new ApiError('protocol', `what listens there does not speak HTTP (${code})`, { cause: error });
  }
  return new ApiError('broken', code === '' ? textOf(error) : `connection lost (${code})`, { cause: error });
}

/** An answer other than 200, with its body, which is a Status object when a Kubernetes API server wrote it. */
export function fromStatus(status: number, body: string, retryAfter = ''): ApiError {
  const object = parseStatus(body);
  const message = object === undefined ? plainText(body) : object.message;
  const user = /User "([^"]*)"/.exec(message)?.[1] ?? '';
  const seconds = Number.parseInt(retryAfter, 10);
  const retryAfterMs = Number.isNaN(seconds) ? (object?.retryAfterSeconds ?? 0) * 1000 : seconds * 1000;
  return new ApiError(codeOfStatus(status), message === '' ? 'no reason given' : message, {
    status,
    user,
    retryAfterMs,
  });
}

/** The Status object of an ERROR event. */
export function fromErrorEvent(object: unknown): ApiError {
  const status = readStatus(object);
  if (status === undefined) return new ApiError('protocol', 'an ERROR event without a Status object');
  return fromStatus(status.code, JSON.stringify(object));
}

function codeOfStatus(status: number): ApiErrorCode {
  switch (status) {
    case 401:
      return 'unauthorized';
    case 403:
      return 'forbidden';
    case 404:
      return 'notFound';
    case 409:
      return 'conflict';
    case 410:
      return 'gone';
    case 429:
    case 503:
    case 504:
      return 'busy';
    default:
      if (status >= 300 && status < 400) return 'protocol';
      return status >= 400 && status < 500 ? 'invalid' : 'server';
  }
}

interface StatusObject {
  readonly code: number;
  readonly message: string;
  readonly retryAfterSeconds: number;
}

function parseStatus(body: string): StatusObject | undefined {
  try {
    return readStatus(JSON.parse(body));
  } catch {
    return undefined;
  }
}

function readStatus(object: unknown): StatusObject | undefined {
  if (!isFields(object) || object['kind'] !== 'Status') return undefined;
  const { code, message, details } = object;
  const seconds = isFields(details) ? details['retryAfterSeconds'] : undefined;
  return {
    code: typeof code === 'number' ? code : 500,
    message: typeof message === 'string' ? plainText(message) : '',
    retryAfterSeconds: typeof seconds === 'number' ? seconds : 0,
  };
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One line, and short: a proxy's error page must not flood the log. */
function plainText(body: string): string {
  const line = body.replaceAll(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 300)}...` : line;
}

/** A name with several addresses fails with an AggregateError whose own message is empty. */
function innermost(error: unknown): unknown {
  return error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error;
}

function codeOf(error: unknown): string {
  for (const candidate of [error, innermost(error)]) {
    if (isFields(candidate) && typeof candidate['code'] === 'string') return candidate['code'];
  }
  return '';
}

function textOf(error: unknown): string {
  const inner = innermost(error);
  return plainText(messageOf(inner));
}

/** `write EPROTO C0A6DF15:error:0A000410:SSL routines:ssl3_read_bytes:handshake failure:../file.c:1590:` */
function opensslReason(message: string): string {
  return /:SSL routines:[^:]*:([^:]+):/.exec(message)?.[1] ?? message;
}

function reasonOf(error: unknown): string {
  const reason = isFields(error) ? error['reason'] : undefined;
  return typeof reason === 'string' ? plainText(reason) : textOf(error);
}
