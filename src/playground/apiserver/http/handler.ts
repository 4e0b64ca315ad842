/** A request for objects, and its answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../host/clock.ts';
import { Guard } from '../access/guard.ts';
import { Tokens } from '../access/tokens.ts';
import { type Json, type JsonObject, objectAt } from '../objects/json.ts';
import { expired } from '../objects/status.ts';
import type { Registry } from '../registry/registry.ts';
import { watchListForbidden } from '../registry/version.ts';
import type { WatchEvent } from '../registry/watch.ts';
import { type Route, watchOptionsOf } from '../route.ts';
import { parseBody, readBody } from './body.ts';
import type { Faults } from './faults.ts';
import { type MediaType, negotiate } from './negotiate.ts';
import { renderBookmark, renderList, renderObject, type View } from './render.ts';
import { sendJson } from './respond.ts';
import { scaleOf } from './scale.ts';
import { verbOf } from './verb.ts';
import { WatchStream } from './watchStream.ts';
import { write } from './writes.ts';

export class Handler {
  readonly #registry: Registry;
  readonly #faults: Faults;
  readonly #clock: Clock;
  readonly #watchSeconds: number;
  readonly #tokens: Tokens;
  readonly #guard: Guard;

  /** @param watchSeconds life of a watch that names none: a client must be used to its end */
  constructor(registry: Registry, faults: Faults, clock: Clock, watchSeconds: number) {
    this.#registry = registry;
    this.#faults = faults;
    this.#clock = clock;
    this.#watchSeconds = watchSeconds;
    this.#tokens = new Tokens(clock);
    this.#guard = new Guard(registry, this.#tokens);
  }

  /** Throws the ApiError that is to be sent instead. */
  async handle(
    route: Route,
    query: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { resource, namespace, name } = route;
    const verb = verbOf(request.method ?? 'GET', route, query);
    const authorization = request.headers.authorization ?? '';
    this.#faults.check(verb, route, authorization);
    if (!this.#faults.asksForToken) this.#guard.check(verb, route, query, authorization);
    const media = negotiate(request.headers.accept ?? '');
    const view = this.#view(media, query);
    const reply = (value: JsonObject, code = 200): Promise<void> =>
      sendJson(request, response, code, value, media.type);
    if (verb === 'watch') return this.#watch(route, query, view, response);
    if (verb === 'get' && route.subresource === 'scale') {
      return reply(scaleOf(this.#registry.get(resource, namespace, name)));
    }
    if (verb === 'get')
      return reply(renderObject(resource, this.#registry.get(resource, namespace, name), view));
    if (verb === 'list') {
      return reply(
        renderList(resource, this.#registry.list(resource, namespace, watchOptionsOf(query)), view),
      );
    }
    const body = await readBody(request);
    const contentType = request.headers['content-type'] ?? '';
    if (route.subresource === 'token') return reply(this.#token(route, parseBody(body, contentType)), 201);
    const warn = (message: string): void => {
      response.appendHeader('Warning', `299 - ${JSON.stringify(message)}`);
    };
    const userAgent = request.headers['user-agent'] ?? '';
    const wanted = { verb, route, query, body, contentType, userAgent, view, warn };
    const { code, value } = write(this.#registry, wanted);
    return reply(value, code);
  }

  /** Throws a 404 when there is no such ServiceAccount. */
  #token({ resource, namespace, name }: Route, request: Json): JsonObject {
    const { uid } = this.#registry.get(resource, namespace, name).metadata;
    return this.#tokens.issue({ namespace, name }, uid, objectAt(request));
  }

  #watch(route: Route, query: URLSearchParams, view: View, response: ServerResponse): void {
    const { resource, namespace } = route;
    const options = { timeoutSeconds: this.#watchSeconds, ...watchOptionsOf(query) };
    if (options.sendInitialEvents === true && !this.#faults.watchList) throw watchListForbidden();
    const stream = new WatchStream(response, this.#faults, (event) => dressed(route, event, view));
    const watch = this.#registry.watch(resource, namespace, options, stream);
    if (this.#faults.answersExpiredAsStatus && watch.tooOld) throw expired('too old resource version');
    stream.run(watch);
  }

  #view(media: MediaType, query: URLSearchParams): View {
    const included = query.get('includeObject');
    return {
      as: media.as,
      included: included === 'None' || included === 'Object' ? included : 'Metadata',
      now: this.#clock.now(),
    };
  }
}

function dressed({ resource }: Route, event: WatchEvent, view: View): JsonObject {
  if (event.type === 'ERROR') return event.object;
  if (event.type === 'BOOKMARK') return renderBookmark(resource, event.object, view);
  return renderObject(resource, event.object, view);
}
