/** WATCH: the state, if asked for, then every change. */
import type { Clock, Timer } from '../../../host/clock.ts';
import type { JsonObject } from '../objects/json.ts';
import type { KubeObject } from '../objects/object.ts';
import { type ApiError, expired, type Status } from '../objects/status.ts';
import { apiVersionOf, type Resource } from '../resources/resource.ts';
import type { Change } from '../store/collection.ts';
import type { Store } from '../store/store.ts';
import type { WatchOptions } from './options.ts';
import { selectionOf } from './selection.ts';
import { checkWatchList, versionOf } from './version.ts';

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject }
  /** Nothing but a kind and a resourceVersion, from which a client can go on. */
  | { readonly type: 'BOOKMARK'; readonly object: JsonObject }
  | { readonly type: 'ERROR'; readonly object: Status };

/** Who watches. Called synchronously, in order; neither method may throw. */
export interface WatchSink {
  event(event: WatchEvent): void;
  /** Nothing follows. Not called after the watcher's own stop(). */
  end(): void;
}

export interface WatchSettings {
  readonly clock: Clock;
  readonly bookmarkIntervalMs: number;
}

const INITIAL_EVENTS_END = { 'k8s.io/initial-events-end': 'true' };

/** So long before its end a watch gets a last bookmark, from which its client can go on. */
const LAST_BOOKMARK_MS = 2000;

export class Watch {
  readonly #resource: Resource;
  readonly #store: Store;
  readonly #sink: WatchSink;
  readonly #selected: (object: KubeObject) => boolean;
  readonly #settings: WatchSettings;
  readonly #options: WatchOptions;
  readonly #timers: Timer[] = [];
  #nextBookmark: Timer | undefined;
  #unsubscribe: () => void = () => undefined;
  readonly #from: number;
  #ended = false;

  /** Throws what makes the request wrong; a version that is too old is an ERROR event, as the watch cache has it. */
  constructor(
    resource: Resource,
    store: Store,
    namespace: string,
    options: WatchOptions,
    sink: WatchSink,
    settings: WatchSettings,
  ) {
    checkWatchList(options);
    this.#resource = resource;
    this.#store = store;
    this.#sink = sink;
    this.#options = options;
    this.#settings = settings;
    this.#selected = selectionOf(resource, namespace, options);
    this.#from = versionOf(options.resourceVersion) ?? 0;
  }

  /** Whether history no longer reaches back to where it wants to begin. */
  get tooOld(): boolean {
    const collection = this.#store.collection(this.#resource.storage);
    return (
      this.#options.sendInitialEvents !== true && this.#from > 0 && collection.since(this.#from) === undefined
    );
  }

  start(): void {
    const from = this.#from;
    const collection = this.#store.collection(this.#resource.storage);
    const { sendInitialEvents } = this.#options;
    if (sendInitialEvents ?? from === 0) {
      for (const object of collection.list()) if (this.#selected(object)) this.#tell('ADDED', object);
      if (sendInitialEvents === true && this.#options.allowWatchBookmarks === true)
        this.#bookmark(INITIAL_EVENTS_END);
    } else if (from > 0) {
      const missed = collection.since(from);
      if (missed === undefined) return this.fail(tooOld(from));
      for (const change of missed) this.#change(change);
    }
    if (this.#ended) return;
    this.#unsubscribe = collection.subscribe((change) => this.#change(change));
    this.#schedule();
  }

  /** Ends it with an ERROR event. */
  fail(error: ApiError): void {
    if (this.#ended) return;
    this.#sink.event({ type: 'ERROR', object: error.status });
    this.end();
  }

  /** Ends it as a timeout does: no error, the client goes on from where it is. */
  end(): void {
    if (this.#ended) return;
    this.stop();
    this.#sink.end();
  }

  /** The watcher has gone. */
  stop(): void {
    this.#ended = true;
    this.#unsubscribe();
    for (const timer of this.#timers) timer.cancel();
    this.#nextBookmark?.cancel();
  }

  #schedule(): void {
    const { clock } = this.#settings;
    const { timeoutSeconds = 0, allowWatchBookmarks = false } = this.#options;
    const life = timeoutSeconds * 1000;
    if (life > 0) this.#timers.push(clock.after(life, () => this.end()));
    if (!allowWatchBookmarks) return;
    if (life > 0)
      this.#timers.push(clock.after(Math.max(0, life - LAST_BOOKMARK_MS), () => this.#bookmark()));
    this.#keepBookmarking();
  }

  #keepBookmarking(): void {
    const { clock, bookmarkIntervalMs } = this.#settings;
    this.#nextBookmark = clock.after(bookmarkIntervalMs, () => {
      this.#bookmark();
      this.#keepBookmarking();
    });
  }

  #bookmark(annotations?: JsonObject): void {
    const { kind } = this.#resource;
    const metadata = { resourceVersion: String(this.#store.revision), creationTimestamp: null };
    const object = {
      kind,
      apiVersion: apiVersionOf(this.#resource),
      metadata: { ...metadata, ...(annotations && { annotations }) },
    };
    this.#sink.event({ type: 'BOOKMARK', object });
  }

  #change({ type, revision, object, previous }: Change): void {
    // A client may know a version that this server has not reached, as after a restore of etcd.
    if (revision <= this.#from) return;
    const was = previous !== undefined && this.#selected(previous);
    const is = type !== 'DELETED' && this.#selected(object);
    if (was && is) this.#tell('MODIFIED', object);
    else if (is) this.#tell('ADDED', object);
    // To this watcher it is gone, whether deleted or only no longer selected: it gets the state it last saw.
    else if (was) this.#tell('DELETED', leaving(previous, object));
  }

  #tell(type: Change['type'], object: KubeObject): void {
    if (!this.#ended) this.#sink.event({ type, object: this.#resource.show(object) });
  }
}

function leaving(last: KubeObject, now: KubeObject): KubeObject {
  return { ...last, metadata: { ...last.metadata, resourceVersion: now.metadata.resourceVersion } };
}

function tooOld(revision: number): ApiError {
  return expired(`too old resource version: ${revision}`);
}
