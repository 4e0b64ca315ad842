import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** One side of a TCP connection in memory; the test is the client. */
export class FakeSocket extends Duplex {
  /** Octets that the server sent and the client has read. */
  received = 0;
  /** False: the client reads nothing from here on, and what is sent piles up in the server. */
  reads = true;

  /** As the server takes it: nothing else of a socket is used. */
  get asSocket(): Socket {
    return this as unknown as Socket;
  }

  /** The client sends. */
  deliver(octets: Uint8Array): void {
    this.push(octets);
  }

  setNoDelay(): this {
    return this;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (!this.reads) return;
    this.received += chunk.length;
    done();
  }
}
