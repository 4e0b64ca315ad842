/** Waits for many descriptors at once (epoll), and calls whoever watches each. */
import { systemError } from '../udp/mmsg.ts';
import type { TcpCalls } from './tcpCalls.ts';

export const EPOLLIN = 1;
export const EPOLLOUT = 4;
export const EPOLLERR = 8;
export const EPOLLHUP = 0x10;
/** The peer ended its half. */
export const EPOLLRDHUP = 0x2000;
/** Told once for each change, so that nothing has to be asked for again and again. */
const EPOLLET = 2 ** 31;

const EPOLL_CLOEXEC = 0o2_000_000;
const ADD = 1;
const REMOVE = 2;

const MOST_EVENTS = 512;
/** struct epoll_event is packed on x86-64, and on no other architecture. */
const EVENT_WORDS = process.arch === 'x64' ? 3 : 4;
const DATA_WORD = EVENT_WORDS - 2;

export interface Watcher {
  /** `events` is 0 when it goes on with what it left in its last turn. */
  ready(events: number): void;
}

export class Poller {
  /** The poll's own descriptor. */
  readonly fd: number;
  readonly #calls: TcpCalls;
  readonly #watchers: (Watcher | undefined)[] = [];
  readonly #serials: number[] = [];
  readonly #event: Uint32Array = new Uint32Array(4);
  readonly #events: Uint32Array = new Uint32Array(MOST_EVENTS * EVENT_WORDS);
  #unfinished: Set<Watcher> = new Set();

  /** Throws the system's error. */
  constructor(calls: TcpCalls) {
    this.#calls = calls;
    this.fd = calls.epollCreate(EPOLL_CLOEXEC);
    if (this.fd < 0) throw systemError('epoll_create1', calls.errno(), 'relay');
  }

  /** Whether anything can be waited for; not where the system has no memory for it. */
  watch(fd: number, watcher: Watcher): boolean {
    const serial = ((this.#serials[fd] ?? 0) + 1) >>> 0;
    this.#serials[fd] = serial;
    this.#watchers[fd] = watcher;
    this.#event[0] = (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET) >>> 0;
    this.#event[DATA_WORD] = fd;
    this.#event[DATA_WORD + 1] = serial;
    if (this.#calls.epollControl(this.fd, ADD, fd, this.#event) === 0) return true;
    this.#watchers[fd] = undefined;
    return false;
  }

  /** To be called before a descriptor is closed, which takes it out of the kernel's list. */
  forget(fd: number, watcher: Watcher): void {
    this.#watchers[fd] = undefined;
    this.#unfinished.delete(watcher);
  }

  /** For a descriptor that somebody else will close. */
  leave(fd: number, watcher: Watcher): void {
    this.forget(fd, watcher);
    this.#calls.epollControl(this.fd, REMOVE, fd, this.#event);
  }

  /** `watcher` has had its turn, and has more to do: it is called again after everybody else. */
  again(watcher: Watcher): void {
    this.#unfinished.add(watcher);
  }

  /** Waits until something happens, for `timeoutMs` at most, and sees to it. */
  turn(timeoutMs: number): void {
    const unfinished = this.#unfinished;
    if (unfinished.size > 0) this.#unfinished = new Set();
    const wait = unfinished.size > 0 ? 0 : timeoutMs;
    const count = this.#calls.epollWait(this.fd, this.#events, MOST_EVENTS, wait);
    for (let i = 0; i < count; i++) {
      const at = i * EVENT_WORDS;
      const fd = this.#events[at + DATA_WORD] ?? 0;
      // The number may have been another file's when this was put into the list.
      if (this.#events[at + DATA_WORD + 1] !== this.#serials[fd]) continue;
      this.#watchers[fd]?.ready(this.#events[at] ?? 0);
    }
    for (const watcher of unfinished) watcher.ready(0);
  }
}
