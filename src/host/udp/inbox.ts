/** Packets that one recvmmsg brought. */
import { Messages } from './messages.ts';
import { MSG_DONTWAIT, type Mmsg } from './mmsg.ts';
import { addressAt, portAt, SOCKADDR_WORDS, sockaddrBytes } from './sockaddr.ts';
import type { UdpPeer } from './udpIo.ts';

/** Most that one call takes. More gain nothing: the call's own cost is spread thin already. */
export const BATCH = 64;
/**
 * Between two packets: the largest there can be, and a little more, so that the beginnings of all do not compete
 * for the same lines of the processor's cache. Pages that no packet reaches take no memory.
 */
const STRIDE = 65_536 + 192;

/** One for each family is enough: sockets are drained one after the other. */
export class Inbox {
  /** Who sent the packet that is being looked at; the same object for all of them. */
  readonly sender: BatchSender;
  readonly #mmsg: Mmsg;
  readonly #messages: Messages;
  readonly #places: Uint8Array[] = [];

  constructor(mmsg: Mmsg, family: number) {
    this.#mmsg = mmsg;
    this.#messages = new Messages(mmsg, BATCH, BATCH * STRIDE, sockaddrBytes(family));
    this.sender = new BatchSender(this.#messages.names);
    for (let i = 0; i < BATCH; i++) {
      this.#messages.place(i, i * STRIDE, 65_536);
      this.#places.push(new Uint8Array(this.#messages.octets.buffer, i * STRIDE, 65_536));
    }
  }

  /** How many packets came, or -1 with an errno. They stay until the next call. */
  receive(fd: number): number {
    return this.#mmsg.recvmmsg(fd, this.#messages.vector.from(0), BATCH, MSG_DONTWAIT);
  }

  /** Where packet `index` begins: the same view for every batch. `sender` is its sender from here on. */
  place(index: number): Uint8Array {
    this.sender.at = index * SOCKADDR_WORDS;
    return this.#places[index] ?? NOWHERE;
  }

  length(index: number): number {
    return this.#messages.vector.moved(index);
  }
}

const NOWHERE = new Uint8Array(0);

/** Makes text of an address only for those who ask. */
export class BatchSender implements UdpPeer {
  readonly names: Uint32Array;
  at = 0;

  constructor(names: Uint32Array) {
    this.names = names;
  }

  get address(): string {
    return addressAt(this.names, this.at);
  }

  get port(): number {
    return portAt(this.names, this.at);
  }
}
