/** Fixed paths and what is said on them: all the HTTP that an agent serves. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../errors/caught.ts';

export interface HttpReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** What a route is asked. */
export interface HttpQuestion {
  /** `GET`, `POST`. */
  readonly method: string;
  readonly query: URLSearchParams;
}

/** What is served, by path without its query. A route that throws is a 500 with the message. */
export type HttpRoutes = Readonly<Record<string, (question: HttpQuestion) => HttpReply | Promise<HttpReply>>>;

/** `value` as one line of JSON. */
export function jsonReply(status: number, value: unknown): HttpReply {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` };
}

/** `body` as it is: whoever writes lines ends the last one too. */
export function textReply(status: number, body: string): HttpReply {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}

/** Answers one request. Never rejects. */
export async function answerHttp(
  routes: HttpRoutes,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path = '/', query = ''] = (request.url ?? '/').split('?');
  const question = { method: request.method ?? 'GET', query: new URLSearchParams(query) };
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  const { status, contentType, body } = await replyOf(route, question);
  response.writeHead(status, { 'content-type': contentType, 'x-content-type-options': 'nosniff' });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function replyOf(route: HttpRoutes[string] | undefined, question: HttpQuestion): Promise<HttpReply> {
  if (route === undefined) return textReply(404, 'not found\n');
  try {
    return await route(question);
  } catch (error) {
    return textReply(500, `${messageOf(error)}\n`);
  }
}
