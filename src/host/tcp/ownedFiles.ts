/**
 * Which descriptors a thread has opened, in shared memory: they are the process's, and stay open when the thread ends
 * without a word. One octet for each number; the kernel gives pages only to those that are used.
 */
export class OwnedFiles {
  readonly buffer: SharedArrayBuffer;
  readonly #owned: Uint8Array;

  /** `most` is how many files the process may have open: numbers are below that. */
  constructor(memory: number | SharedArrayBuffer) {
    this.buffer = typeof memory === 'number' ? new SharedArrayBuffer(memory) : memory;
    this.#owned = new Uint8Array(this.buffer);
  }

  add(fd: number): void {
    this.#owned[fd] = 1;
  }

  remove(fd: number): void {
    this.#owned[fd] = 0;
  }

  /** Takes all of them out. */
  *take(): Generator<number, void> {
    for (let fd = this.#owned.indexOf(1); fd >= 0; fd = this.#owned.indexOf(1, fd + 1)) {
      this.#owned[fd] = 0;
      yield fd;
    }
  }
}
