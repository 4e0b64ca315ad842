/** A plain HTTP client for the tests: no client library may smooth over what the server really says. */
import { request as plainRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { Json, JsonObject } from '../../../../src/playground/apiserver/objects/json.ts';

export interface Client {
  /** `http://127.0.0.1:6443` */
  readonly base: string;
  readonly token?: string;
  readonly ca?: string;
}

export interface Reply {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Empty when the text is no JSON. */
  readonly body: JsonObject;
}

export async function send(
  client: Client,
  method: string,
  path: string,
  body?: Json,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const response = await open(client, method, path, body, headers);
  const text = (await collect<Buffer>(response)).join('');
  return { code: response.statusCode ?? 0, headers: response.headers, text, body: parse(text) };
}

/** The lines of a watch, one by one, until either side ends it. */
export async function* lines(client: Client, path: string): AsyncGenerator<JsonObject, void> {
  const response = await open(client, 'GET', path);
  let rest = '';
  try {
    for await (const chunk of response) {
      const parts = (rest + String(chunk)).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) yield JSON.parse(part);
    }
  } finally {
    response.destroy();
  }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export function open(
  client: Client,
  method: string,
  path: string,
  body?: Json,
  headers: Record<string, string> = {},
): Promise<IncomingMessage> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const options = {
    method,
    ...(client.ca === undefined ? {} : { ca: client.ca }),
    headers: {
      ...(client.token === undefined ? {} : { Authorization: `Bearer ${client.token}` }),
      // Node sends a DELETE without its body unless it is told the length.
      ...(text === undefined
        ? {}
        : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(text)) }),
      ...headers,
    },
  };
  return new Promise((resolve, reject) => {
    const start = client.base.startsWith('https:') ? tlsRequest : plainRequest;
    const request = start(client.base + path, options, resolve);
    request.on('error', reject);
    request.end(text);
  });
}

function parse(text: string): JsonObject {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
