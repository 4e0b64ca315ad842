/** Shows the DNS half a change once its rules are in the kernel, so that a name that is answered can be connected to. */
import {
  type ChangeSet,
  emptyPicture,
  type Picture,
  type ServiceEntry,
  type ThisNode,
} from '../../catalog/picture.ts';
import type { DnsService } from '../../dns/service.ts';
import type { Clock, Timer } from '../../host/clock.ts';

export interface NameGateOptions {
  readonly dns: Pick<DnsService, 'update'>;
  readonly clock: Clock;
  /** Milliseconds that a change waits for its rules; then it is shown without. 0 waits for none. */
  readonly patienceMs: number;
}

/** One publication that waits, with what it said: the picture itself may say more by the time it is shown. */
interface Held {
  readonly number: number;
  readonly changes: ChangeSet;
  readonly services: ReadonlyMap<string, ServiceEntry | undefined>;
  readonly namespaces: ReadonlySet<string>;
  readonly node: ThisNode | undefined;
  /** Services that wait for rules. */
  readonly waiting: number;
  /** clock.monotonic() */
  since: number;
}

/**
 * A queue of whole publications. What DNS is shown is therefore always the cluster as it was published at one
 * moment, at most `patienceMs` ago: never half of a change, nothing denied that has been there all along, and
 * nothing kept that is gone for longer. Only changes of Services that have rules wait; others pass, unless
 * something waits before them.
 */
export class NameGate {
  readonly #dns: NameGateOptions['dns'];
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #shown: Shown = emptyPicture();
  readonly #held: Held[] = [];
  /** Numbers of publications: the last one, and the last that the sync under way knows of. */
  #published = 0;
  #syncing = 0;
  /** Rules have been in: from then on names are asked for. */
  #opened = false;
  #early = 0;
  #timer: Timer | undefined;

  constructor({ dns, clock, patienceMs }: NameGateOptions) {
    this.#dns = dns;
    this.#clock = clock;
    this.#patienceMs = patienceMs;
  }

  /** Services that were shown before their rules were in the kernel, because these took too long. */
  get early(): number {
    return this.#early;
  }

  /** Whether a version of the Service, by `namespace/name`, waits to be shown. */
  holds(key: string): boolean {
    return this.#held.some(({ services }) => services.has(key));
  }

  /** For a publication, before routing is told of it. */
  publish(picture: Picture, changes: ChangeSet): void {
    this.#published++;
    const services = new Map([...changes.services].map((key) => [key, picture.services.get(key)]));
    const waiting = [...services].filter(([key, entry]) => this.#waits(key, entry)).length;
    const held = {
      number: this.#published,
      changes,
      services,
      namespaces: new Set([...changes.namespaces].filter((name) => picture.namespaces.has(name))),
      node: picture.node,
      waiting,
      since: this.#clock.monotonic(),
    };
    this.#shown.pods = picture.pods;
    this.#shown.problems = picture.problems;
    // Nobody asks before the first sync, and that will know of all that was published before it began.
    const passes = this.#syncing === 0 || this.#patienceMs === 0;
    if (passes || (waiting === 0 && this.#held.length === 0)) this.#show(held);
    else {
      this.#held.push(held);
      this.#schedule();
    }
  }

  /** A sync begins: what has been published by now will be in the kernel with it. */
  began(): void {
    this.#syncing = this.#published;
    if (!this.#opened) this.#showUntil(() => true);
  }

  /** That sync has succeeded. */
  synced(): void {
    this.#showUntil(({ number }) => number <= this.#syncing);
    if (this.#opened) return;
    this.#opened = true;
    for (const held of this.#held) held.since = this.#clock.monotonic();
    this.#schedule();
  }

  /** Whether an answer changes that only rules make good. Endpoints' own names lead to them without rules. */
  #waits(key: string, entry: ServiceEntry | undefined): boolean {
    if (entry?.service.routed !== true) return false;
    const before = this.#held.findLast(({ services }) => services.has(key))?.services ?? this.#shown.services;
    return before.get(key)?.service !== entry.service;
  }

  #schedule(): void {
    const [first] = this.#held;
    if (!this.#opened || this.#timer !== undefined || first === undefined) return;
    this.#timer = this.#clock.after(first.since + this.#patienceMs - this.#clock.monotonic(), () => {
      this.#timer = undefined;
      const now = this.#clock.monotonic();
      this.#showUntil((held) => {
        const late = held.since + this.#patienceMs <= now;
        if (late) this.#early += held.waiting;
        return late;
      });
      this.#schedule();
    });
  }

  /** From the oldest on, as long as `due`; then all that needs no rules. */
  #showUntil(due: (held: Held) => boolean): void {
    for (let [first] = this.#held; first !== undefined; [first] = this.#held) {
      if (first.waiting > 0 && !due(first)) break;
      this.#held.shift();
      this.#show(first);
    }
  }

  #show({ changes, services, namespaces, node }: Held): void {
    const shown = this.#shown;
    for (const [key, entry] of services) {
      if (entry === undefined) shown.services.delete(key);
      else shown.services.set(key, entry);
    }
    for (const name of changes.namespaces) {
      if (namespaces.has(name)) shown.namespaces.add(name);
      else shown.namespaces.delete(name);
    }
    if (changes.node) shown.node = node;
    if (changes.synced) shown.synced = true;
    this.#dns.update(shown, changes);
  }
}

type Shown = { -readonly [K in keyof Picture]: Picture[K] } & {
  readonly services: Map<string, ServiceEntry>;
  readonly namespaces: Set<string>;
};
