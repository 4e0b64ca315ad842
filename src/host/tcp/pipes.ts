/** Pipes to splice through. One is in use only while octets lie in it: thousands of connections share a few. */
import type { OwnedFiles } from './ownedFiles.ts';
import type { TcpCalls } from './tcpCalls.ts';

const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2_000_000;
const F_SETPIPE_SZ = 1031;

export interface Pipe {
  readonly read: number;
  readonly write: number;
}

export class Pipes {
  readonly #calls: TcpCalls;
  readonly #owned: OwnedFiles;
  readonly #most: number;
  readonly #octets: number;
  /** The one that was used last is taken first: its memory is warm. */
  readonly #idle: Pipe[] = [];
  readonly #ends: Int32Array = new Int32Array(2);
  #made = 0;

  /** @param most how many there may be @param octets what each holds at least, as far as the system lets us */
  constructor(calls: TcpCalls, owned: OwnedFiles, most: number, octets: number) {
    this.#calls = calls;
    this.#owned = owned;
    this.#most = most;
    this.#octets = octets;
  }

  /** An empty one; none when all are in use. */
  take(): Pipe | undefined {
    return this.#idle.pop() ?? this.#make();
  }

  /** It must be empty again. */
  give(pipe: Pipe): void {
    this.#idle.push(pipe);
  }

  /** For one with octets in it that nobody will read. */
  discard({ read, write }: Pipe): void {
    this.#made -= 1;
    for (const fd of [read, write]) {
      this.#owned.remove(fd);
      this.#calls.close(fd);
    }
  }

  #make(): Pipe | undefined {
    if (this.#made >= this.#most || this.#calls.pipe2(this.#ends, O_NONBLOCK | O_CLOEXEC) !== 0)
      return undefined;
    const [read = -1, write = -1] = this.#ends;
    this.#owned.add(read);
    this.#owned.add(write);
    this.#made += 1;
    // Not granted to an ordinary user who has many already (fs.pipe-user-pages-soft): then it is 64 KiB.
    this.#calls.fcntl(write, F_SETPIPE_SZ, this.#octets);
    return { read, write };
  }
}
