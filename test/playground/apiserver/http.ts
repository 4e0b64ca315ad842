/** A plain HTTP client for the tests: no client library may smooth over what the server really says. */
import type { Json, JsonObject } from '../../../src/playground/apiserver/objects/json.ts';

export interface Reply {
  readonly code: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: JsonObject;
}

export interface Client {
  readonly base: string;
  readonly token?: string;
}

export async function send(
  client: Client,
  method: string,
  path: string,
  body?: Json,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(client.base + path, {
    method,
    headers: {
      ...bearer(client),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: text }),
  });
  const answer = await response.text();
  return { code: response.status, headers: response.headers, text: answer, body: parse(answer) };
}

/** The lines of a watch, one by one; ends with the stream. */
export async function* lines(client: Client, path: string, signal?: AbortSignal): AsyncGenerator<JsonObject> {
  const response = await fetch(client.base + path, { headers: bearer(client), ...(signal && { signal }) });
  let rest = '';
  for await (const chunk of response.body ?? []) {
    const parts = (rest + Buffer.from(chunk).toString()).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) yield JSON.parse(part);
  }
}

function bearer({ token }: Client): Record<string, string> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

function parse(text: string): JsonObject {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
