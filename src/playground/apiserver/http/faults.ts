/** Trouble on demand: what networks, etcd and other versions of the server do to a client, one method each. */
import { userOf } from '../access/account.ts';
import { denial, unauthorized } from '../access/guard.ts';
import { expired, ApiError } from '../objects/status.ts';
import type { Route } from '../route.ts';

/** An open watch, as far as trouble can befall it. */
export interface TroubledWatch {
  fail(error: ApiError): void;
  end(): void;
  /** The connection goes with a TCP reset, after these bytes. */
  reset(lastWords: string): void;
  /** Writes bytes that are no event. */
  garble(text: string): void;
  /** Looks again whether it may write. */
  resume(): void;
}

export interface Failure {
  readonly code: number;
  readonly reason?: string;
  readonly message?: string;
  readonly retryAfterSeconds?: number;
}

export class Faults {
  readonly #watches = new Set<TroubledWatch>();
  #failures: Failure[] = [];
  #denied: ((verb: string, route: Route) => boolean) | undefined;
  #token: string | undefined;
  #delayMs = 0;
  #stalled = false;
  #copies = 1;
  #watchList = true;
  #expiredAsStatus = false;

  /** The next `count` requests for objects are answered with this error. */
  failNext(count: number, failure: Failure): void {
    this.#failures.push(...Array.from({ length: count }, () => failure));
  }

  /** Every answer comes so much later; 0 for none. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Requests without this bearer token are 401, those with it may do anything; `undefined` leaves it to the guard. */
  requireToken(token: string | undefined): void {
    this.#token = token;
  }

  /** 403 in RBAC's words where the predicate says so; `undefined` allows everything. */
  forbid(denied: ((verb: string, route: Route) => boolean) | undefined): void {
    this.#denied = denied;
  }

  /** No byte more on any watch, now open or opened later, headers included: a half-open connection. */
  stallWatches(): void {
    this.#stalled = true;
  }

  /** Ends `stallWatches`; what happened meanwhile is told. */
  resumeWatches(): void {
    this.#stalled = false;
    for (const watch of this.#watches) watch.resume();
  }

  /** Resets the connection of every open watch, in the middle of an event if words are given. */
  resetWatches(lastWords = ''): void {
    for (const watch of this.#watches) watch.reset(lastWords);
  }

  /** Ends every open watch properly, as a server does that shuts down. */
  endWatches(): void {
    for (const watch of this.#watches) watch.end();
  }

  /** Every open watch gets an ERROR event with 410, then its end. */
  expireWatches(): void {
    for (const watch of this.#watches) watch.fail(expired('too old resource version: 1 (2)'));
  }

  /** Writes bytes that are no event into every open watch. */
  garbleWatches(text = '{"type":"ADDED","object":{"kind"\n'): void {
    for (const watch of this.#watches) watch.garble(text);
  }

  /** Every event is told twice. */
  duplicateEvents(on: boolean): void {
    this.#copies = on ? 2 : 1;
  }

  /** Streaming lists are refused with the 422 of servers that do not have them. */
  withoutWatchList(on: boolean): void {
    this.#watchList = !on;
  }

  /** A watch from a forgotten version is answered with HTTP 410 instead of an ERROR event: without a watch cache both occur. */
  expiredAsStatus(on: boolean): void {
    this.#expiredAsStatus = on;
  }

  /** How many watches are open. */
  get openWatches(): number {
    return this.#watches.size;
  }

  // What follows is the server's side.

  get asksForToken(): boolean {
    return this.#token !== undefined;
  }

  get delayMs(): number {
    return this.#delayMs;
  }
  get stalled(): boolean {
    return this.#stalled;
  }
  get copies(): number {
    return this.#copies;
  }
  get watchList(): boolean {
    return this.#watchList;
  }
  get answersExpiredAsStatus(): boolean {
    return this.#expiredAsStatus;
  }

  opened(watch: TroubledWatch): void {
    this.#watches.add(watch);
  }

  closed(watch: TroubledWatch): void {
    this.#watches.delete(watch);
  }

  /** Throws what this request has to suffer. */
  check(verb: string, route: Route, authorization: string): void {
    if (this.#token !== undefined && authorization !== `Bearer ${this.#token}`) {
      throw unauthorized();
    }
    if (this.#denied?.(verb, route) === true) {
      const { resource, namespace, name } = route;
      const attempt = { verb, group: resource.group, resource: resource.plural, namespace, name };
      throw denial(userOf({ namespace: 'kube-system', name: 'fairlead' }), attempt);
    }
    const failure = this.#failures.shift();
    if (failure === undefined) return;
    const { code, reason = 'InternalError', message = 'an error on demand', retryAfterSeconds } = failure;
    throw new ApiError(
      code,
      reason,
      message,
      retryAfterSeconds === undefined ? undefined : { retryAfterSeconds },
    );
  }
}
