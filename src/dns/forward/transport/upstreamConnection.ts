/** One TCP connection to an upstream server, for one question at a time. */
import { connect, type Socket } from 'node:net';
import type { SocketAddress } from '../../../net/socketAddress.ts';
import { Frames, frame } from '../../wire/frames.ts';

/** The reply, or why there is none. */
export type Outcome = Uint8Array | string;

export class UpstreamConnection {
  readonly #socket: Socket;
  readonly #frames = new Frames();
  #answered: ((outcome: Outcome) => void) | undefined;
  #open = true;

  /** `onClose` is told once, whoever closes it. */
  constructor({ address, port }: SocketAddress, onClose: (connection: UpstreamConnection) => void) {
    const socket = connect({ host: address, port, noDelay: true });
    this.#socket = socket;
    socket.on('error', (error) => this.#finish(error.message));
    socket.on('close', () => {
      this.#open = false;
      this.#finish('connection closed without a reply');
      onClose(this);
    });
    socket.on('end', () => this.close());
    socket.on('data', (chunk: Buffer) => {
      this.#frames.push(chunk);
      const reply = this.#frames.next();
      if (reply === undefined) return;
      // What nobody has asked for would be taken for the next question's reply.
      if (this.#answered === undefined) this.close();
      else this.#finish(reply);
    });
  }

  get open(): boolean {
    return this.#open;
  }

  /** Never rejects. */
  ask(message: Uint8Array): Promise<Outcome> {
    return new Promise((resolve) => {
      if (!this.#open) return resolve('connection closed without a reply');
      this.#answered = resolve;
      this.#socket.write(frame(message));
      return undefined;
    });
  }

  close(reason = 'connection closed without a reply'): void {
    this.#open = false;
    this.#finish(reason);
    this.#socket.destroy();
  }

  /** While it idles it must not keep the process alive. */
  idle(): void {
    this.#socket.unref();
  }

  busy(): void {
    this.#socket.ref();
  }

  #finish(outcome: Outcome): void {
    const answered = this.#answered;
    this.#answered = undefined;
    answered?.(outcome);
  }
}
