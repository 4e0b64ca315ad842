/** Packets that go with one sendmmsg. */
import { BATCH, BatchSender } from './inbox.ts';
import { Messages } from './messages.ts';
import { EAGAIN, EINTR, MSG_DONTWAIT, type Mmsg } from './mmsg.ts';
import { putSockaddr, SOCKADDR_WORDS, sockaddrBytes } from './sockaddr.ts';
import type { UdpPeer } from './udpIo.ts';

/** Twice the largest UDP packet: a batch of replies as a rule takes a tenth of it. */
const OCTETS = 131_072;

export class Outbox {
  /** The descriptor of the socket that these go through. */
  readonly fd: number;
  readonly #mmsg: Mmsg;
  readonly #messages: Messages;
  #count = 0;
  #used = 0;

  constructor(mmsg: Mmsg, fd: number, family: number) {
    this.fd = fd;
    this.#mmsg = mmsg;
    this.#messages = new Messages(mmsg, BATCH, OCTETS, sockaddrBytes(family));
  }

  /** Copies the packet; it leaves with the next `flush`, or before when there is no more room. */
  add(packet: Uint8Array, to: UdpPeer): void {
    if (packet.length > OCTETS) return;
    if (this.#count === BATCH || this.#used + packet.length > OCTETS) this.flush();
    const { names, octets } = this.#messages;
    const at = this.#count * SOCKADDR_WORDS;
    if (to instanceof BatchSender) {
      for (let word = 0; word < SOCKADDR_WORDS; word++) names[at + word] = to.names[to.at + word] ?? 0;
    } else putSockaddr(names, at, to);
    octets.set(packet, this.#used);
    this.#messages.place(this.#count, this.#used, packet.length);
    this.#count++;
    // Copying to the beginning of a word is quicker.
    this.#used = (this.#used + packet.length + 7) & ~7;
  }

  /** What the system has no room for is dropped, as the network would. */
  flush(): void {
    const count = this.#count;
    this.#count = 0;
    this.#used = 0;
    for (let sent = 0; sent < count; ) {
      const now = this.#mmsg.sendmmsg(this.fd, this.#messages.vector.from(sent), count - sent, MSG_DONTWAIT);
      if (now > 0) {
        sent += now;
        continue;
      }
      const errno = this.#mmsg.errno();
      if (errno === EINTR) continue;
      if (errno === EAGAIN) return;
      // This one packet cannot go: too long, or to where there is no way. The others can.
      sent++;
    }
  }
}
