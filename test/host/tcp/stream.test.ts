import { beforeEach, describe, expect, test } from 'vitest';
import { OwnedFiles } from '../../../src/host/tcp/ownedFiles.ts';
import { Pipes } from '../../../src/host/tcp/pipes.ts';
import { Stream, StreamHost } from '../../../src/host/tcp/stream.ts';
import type { TcpCalls } from '../../../src/host/tcp/tcpCalls.ts';

const EAGAIN = 11;
const ECONNRESET = 104;
const [FROM, TO, ELSEWHERE] = [3, 4, 5] as const;

/** A kernel with two sockets: what the one has to give, and how much the other takes. */
class FakeSockets {
  incoming = '';
  ended = false;
  /** Of the reader, for now. */
  room = Number.POSITIVE_INFINITY;
  /** Errno of every call that writes to it. */
  broken = new Map<number, number>();
  readonly taken: Map<number, string> = new Map();
  /** What lies in each pipe, by its reading end. */
  readonly pipes: Map<number, string> = new Map();
  #fds = 100;
  #errno = 0;

  #fail(errno: number): number {
    this.#errno = errno;
    return -1;
  }

  #take(most: number): string | undefined {
    const octets = this.incoming.slice(0, most);
    this.incoming = this.incoming.slice(most);
    return octets === '' && !this.ended ? undefined : octets;
  }

  #write(fd: number, octets: string): number {
    const broken = this.broken.get(fd);
    if (broken !== undefined) return this.#fail(broken);
    const count = Math.min(octets.length, this.room);
    if (count === 0) return this.#fail(EAGAIN);
    this.room -= count;
    this.taken.set(fd, (this.taken.get(fd) ?? '') + octets.slice(0, count));
    return count;
  }

  readonly calls = {
    errno: () => this.#errno,
    fcntl: () => 0,
    close: (fd: number) => {
      this.pipes.delete(fd);
      return 0;
    },
    pipe2: (ends: Int32Array) => {
      ends.set([this.#fds, this.#fds + 1]);
      this.pipes.set(this.#fds, '');
      this.#fds += 2;
      return 0;
    },
    recv: (_: number, into: Uint8Array, most: number) => {
      const octets = this.#take(most);
      if (octets === undefined) return this.#fail(EAGAIN);
      into.set(Buffer.from(octets));
      return octets.length;
    },
    send: (fd: number, octets: Uint8Array, count: number) =>
      this.#write(fd, Buffer.from(octets.subarray(0, count)).toString()),
    splice: (from: number, _: null, to: number, __: null, most: number) => {
      const held = this.pipes.get(from);
      if (held !== undefined) {
        const count = this.#write(to, held.slice(0, most));
        if (count > 0) this.pipes.set(from, held.slice(count));
        return count;
      }
      const octets = this.#take(most);
      if (octets === undefined) return this.#fail(EAGAIN);
      this.pipes.set(to - 1, octets);
      return octets.length;
    },
  };
}

let kernel: FakeSockets;
let host: StreamHost;
let stream: Stream;

function start(mostPipes: number): void {
  kernel = new FakeSockets();
  const calls = kernel.calls as unknown as TcpCalls;
  host = new StreamHost(calls, new Pipes(calls, new OwnedFiles(1_000), mostPipes, 65_536));
  stream = new Stream(host);
  stream.readable = true;
}

beforeEach(() => start(8));

const MUCH = 'much '.repeat(20_000);

describe('octets', () => {
  test.each([
    ['few', 'hello'],
    ['many', MUCH],
  ])('%s arrive, and then there is nothing to do', (_, octets) => {
    kernel.incoming = octets;
    expect(stream.move(FROM, TO)).toBe('waiting');
    expect(kernel.taken.get(TO)).toBe(octets);
    expect([stream.read, stream.sent]).toEqual([octets.length, octets.length]);
  });

  test('and their end, when it was told', () => {
    kernel.incoming = 'hello';
    kernel.ended = true;
    stream.ending = true;
    expect(stream.move(FROM, TO)).toBe('ended');
    expect(kernel.taken.get(TO)).toBe('hello');
  });

  test.each([
    ['few, copied', 8, 'hello world'],
    ['many, in a pipe', 8, MUCH],
    ['many, with no pipe left', 0, MUCH],
  ])('%s: what a slow reader does not take waits for it, through the turns of others', (_, pipes, octets) => {
    start(pipes);
    kernel.incoming = octets;
    const got = (): string => kernel.taken.get(TO) ?? '';
    for (let left = 100; left > 0 && got() !== octets; left--) {
      kernel.room = Math.ceil(octets.length / 10);
      stream.writable = true;
      stream.move(FROM, TO);
      // Another stream copies meanwhile.
      host.copied.fill(0);
    }
    expect(got()).toBe(octets);
  });

  test('a stream that never ends lets the others have their turn', () => {
    kernel.incoming = 'x'.repeat(9 << 20);
    expect(stream.move(FROM, TO)).toBe('unfinished');
    expect(kernel.incoming.length).toBeGreaterThan(0);
  });
});

describe('a side that breaks', () => {
  test('a reader that is gone: nothing of it was sent, and all of it goes elsewhere', () => {
    kernel.incoming = 'hello';
    kernel.broken.set(TO, ECONNRESET);
    expect(stream.move(FROM, TO)).toBe('unwritable');
    expect(stream.sent).toBe(0);
    host.copied.fill(0);
    stream.writable = true;
    stream.move(FROM, ELSEWHERE);
    expect(kernel.taken.get(ELSEWHERE)).toBe('hello');
  });

  test('a pipe with octets in it is not given to anybody else', () => {
    kernel.incoming = MUCH;
    kernel.room = 30_000;
    stream.move(FROM, TO);
    expect(kernel.pipes.size).toBe(1);
    stream.drop();
    expect(kernel.pipes.size).toBe(0);
  });

  test('an empty one is', () => {
    kernel.incoming = MUCH;
    stream.move(FROM, TO);
    const other = new Stream(host);
    other.readable = true;
    kernel.incoming = MUCH;
    other.move(FROM, ELSEWHERE);
    expect(kernel.pipes.size).toBe(1);
    expect(kernel.taken.get(ELSEWHERE)).toBe(MUCH);
  });
});
