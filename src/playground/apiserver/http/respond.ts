/** Writing an answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { dump } from 'js-yaml';
import type { Json } from '../objects/json.ts';
import type { ApiError } from '../objects/status.ts';
import { numberAt } from '../objects/json.ts';

const compress = promisify(gzip);

/** Smaller answers are not worth it; the real server's limit. */
const GZIP_MIN_BYTES = 128 * 1024;

export async function sendText(
  request: IncomingMessage,
  response: ServerResponse,
  code: number,
  contentType: string,
  text: string,
): Promise<void> {
  let body: Buffer = Buffer.from(text);
  response.setHeader('Content-Type', contentType);
  if (/\bgzip\b/.test(String(request.headers['accept-encoding'])) && body.length >= GZIP_MIN_BYTES) {
    body = await compress(body, { level: 4 });
    response.setHeader('Content-Encoding', 'gzip');
  }
  response.setHeader('Content-Length', body.length);
  response.writeHead(code);
  response.end(body);
}

export async function sendJson(
  request: IncomingMessage,
  response: ServerResponse,
  code: number,
  value: Json,
  type: 'json' | 'yaml' = 'json',
): Promise<void> {
  const text = type === 'yaml' ? dump(value, { flowLevel: -1, noRefs: true }) : JSON.stringify(value);
  await sendText(request, response, code, `application/${type}`, text);
}

export async function sendError(
  request: IncomingMessage,
  response: ServerResponse,
  error: ApiError,
): Promise<void> {
  const wait = numberAt(error.status, 'details', 'retryAfterSeconds');
  if (wait > 0) response.setHeader('Retry-After', wait);
  await sendJson(request, response, error.code, error.status);
}
