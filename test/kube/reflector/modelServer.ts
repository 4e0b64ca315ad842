import type { Clock } from '../../../src/host/clock.ts';
import { ApiError } from '../../../src/kube/transport/apiError.ts';
import { fromStatus } from '../../../src/kube/transport/classify.ts';
import type { StreamRequest, Transport } from '../../../src/kube/transport/transport.ts';
import { ModelStream } from './modelStream.ts';

interface Stored {
  readonly name: string;
  readonly ip: string;
  readonly version: number;
}

interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Stored;
}

interface Watch {
  readonly stream: ModelStream;
  /** Changes up to here have been sent, or need not be. */
  seen: number;
}

export interface Seen {
  readonly verb: 'list' | 'watch';
  readonly query: Readonly<Record<string, string>>;
}

/**
 * An API server without sockets that holds Services, in as few words as its rules have: the reflector is compared
 * with it after any sequence of changes and faults, on a clock that the test moves.
 */
export class ModelServer implements Pick<Transport, 'open'> {
  readonly #clock: Clock;
  readonly objects: Map<string, Stored> = new Map();
  #changes: Change[] = [];
  #compacted = 0;
  #watches: Watch[] = [];
  version = 10;
  readonly seen: Seen[] = [];

  /** Whether the server has streaming lists; `error` is how etcd's age shows, as an ERROR event. */
  watchList: 'yes' | '422' | '400' | 'error' | 'never ends' = 'yes';
  pageSize = 0;
  /** The next requests fail so. */
  failures: ApiError[] = [];
  /** How often each event is sent. */
  copies = 1;
  goneAsStatus = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  put(name: string, ip: string): void {
    const type = this.objects.has(name) ? 'MODIFIED' : 'ADDED';
    const object = { name, ip, version: ++this.version };
    this.objects.set(name, object);
    this.#record({ type, object });
  }

  delete(name: string): void {
    const object = this.objects.get(name);
    if (object === undefined) return;
    this.objects.delete(name);
    this.#record({ type: 'DELETED', object: { ...object, version: ++this.version } });
  }

  /** Forgets history: who goes on from before gets 410. */
  compact(): void {
    this.#compacted = this.version;
    this.#changes = [];
  }

  /** As after etcd came back from a backup: older versions, and no trace of the newer ones. */
  restore(version: number): void {
    this.breakWatches();
    this.version = version;
    for (const object of this.objects.values()) {
      if (object.version > version) this.objects.set(object.name, { ...object, ip: '10.9.9.9', version });
    }
    this.#changes = [];
    this.#compacted = 0;
  }

  bookmark(): void {
    this.#each((watch) => {
      watch.seen = Math.max(watch.seen, this.version);
      watch.stream.send(bookmark(this.version, false));
    });
  }

  endWatches(): void {
    this.#each(({ stream }) => stream.end());
  }

  breakWatches(): void {
    this.#each(({ stream }) => stream.end(new ApiError('broken', 'connection lost (ECONNRESET)')));
  }

  stallWatches(): void {
    this.#each(({ stream }) => {
      stream.dead = true;
    });
  }

  /** Writes any text into the open watches. */
  write(text: string): void {
    this.#each(({ stream }) => stream.send(text));
  }

  expireWatches(): void {
    this.write(errorEvent(410, 'Expired', 'too old resource version'));
    this.endWatches();
  }

  /** Sends once more what was sent long ago. */
  repeatOld(): void {
    const old = this.#changes[0];
    if (old !== undefined) this.write(event(old));
  }

  get openWatches(): number {
    this.#watches = this.#watches.filter(({ stream }) => stream.open);
    return this.#watches.length;
  }

  async open(request: StreamRequest): Promise<ModelStream> {
    const query = Object.fromEntries(new URL(request.path, 'http://model').searchParams);
    this.seen.push({ verb: query['watch'] === '1' ? 'watch' : 'list', query });
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    const stream = new ModelStream(this.#clock, request.silenceMs);
    if (query['watch'] !== '1') this.#list(stream, query);
    else if (query['sendInitialEvents'] === 'true') this.#streamList(stream);
    else this.#watch(stream, Number(query['resourceVersion']));
    return stream;
  }

  #list(stream: ModelStream, query: Readonly<Record<string, string>>): void {
    const wanted = Number(query['resourceVersion'] ?? '0');
    if (wanted > this.version) throw fromStatus(504, status(504, 'Timeout', 'Too large resource version'));
    const from = Number(query['continue'] ?? '0');
    if (from > 0 && this.#compacted > from) throw gone();
    const all = [...this.objects.values()];
    const start = from % 1000;
    const size = this.pageSize === 0 ? all.length : this.pageSize;
    const more = start + size < all.length;
    // The token says where the next page begins; the version before it makes it old when history is forgotten.
    const metadata = {
      resourceVersion: String(this.version),
      ...(more ? { continue: String(this.version * 1000 + start + size) } : {}),
    };
    const items = all.slice(start, start + size).map((object) => service(object));
    const text = JSON.stringify({ kind: 'ServiceList', apiVersion: 'v1', metadata, items });
    const step = Math.max(200, Math.ceil(text.length / 1000));
    for (let i = 0; i < text.length; i += step) stream.send(text.slice(i, i + step));
    stream.end();
  }

  #streamList(stream: ModelStream): void {
    if (this.watchList === '422')
      throw fromStatus(422, status(422, 'Invalid', 'sendInitialEvents is forbidden'));
    if (this.watchList === '400') throw fromStatus(400, status(400, 'BadRequest', 'unknown parameter'));
    if (this.watchList === 'error') {
      stream.send(errorEvent(500, 'InternalError', 'etcd does not report its progress'));
      return;
    }
    for (const object of this.objects.values()) stream.send(event({ type: 'ADDED', object }));
    if (this.watchList === 'yes') stream.send(bookmark(this.version, true));
    this.#watches.push({ stream, seen: this.version });
  }

  #watch(stream: ModelStream, from: number): void {
    if (from < this.#compacted) {
      if (this.goneAsStatus) throw gone();
      stream.send(errorEvent(410, 'Expired', `too old resource version: ${from} (${this.#compacted})`));
      stream.end();
      return;
    }
    const watch = { stream, seen: from };
    this.#watches.push(watch);
    for (const change of this.#changes) this.#tell(watch, change);
  }

  #record(change: Change): void {
    this.#changes.push(change);
    this.#each((watch) => this.#tell(watch, change));
  }

  #tell(watch: Watch, change: Change): void {
    if (change.object.version <= watch.seen) return;
    watch.seen = change.object.version;
    for (let i = 0; i < this.copies; i++) watch.stream.send(event(change));
  }

  #each(fn: (watch: Watch) => void): void {
    for (const watch of this.#watches) if (watch.stream.open) fn(watch);
  }
}

function service({ name, ip, version }: Stored): object {
  return {
    kind: 'Service',
    metadata: { name, namespace: 'shop', resourceVersion: String(version) },
    spec: { clusterIP: ip, clusterIPs: [ip], ports: [{ port: 80, protocol: 'TCP' }] },
  };
}

export function event({ type, object }: Change): string {
  return `${JSON.stringify({ type, object: service(object) })}\n`;
}

function bookmark(version: number, end: boolean): string {
  const annotations = end ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
  const object = { kind: 'Service', metadata: { resourceVersion: String(version), ...annotations } };
  return `${JSON.stringify({ type: 'BOOKMARK', object })}\n`;
}

function status(code: number, reason: string, message: string): string {
  return JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code });
}

export function errorEvent(code: number, reason: string, message: string): string {
  return `${JSON.stringify({ type: 'ERROR', object: JSON.parse(status(code, reason, message)) })}\n`;
}

function gone(): ApiError {
  return fromStatus(410, status(410, 'Expired', 'too old resource version'));
}
