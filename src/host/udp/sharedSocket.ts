/**
 * A UDP socket that this thread reads by node:dgram, or another one by a descriptor of its own. Both are the same
 * socket to the kernel: whoever takes it over goes on with what waits there, and no packet is lost.
 */
import { adoptDgram } from './dgramUdp.ts';
import { type Descriptors, loadDescriptors } from './descriptors.ts';
import { loadMmsg, type Mmsg } from './mmsg.ts';
import { Outbox } from './outbox.ts';
import { AF_INET, AF_INET6 } from './sockaddr.ts';
import type { UdpIo, UdpPeer, UdpReceiver, UdpSocket } from './udpIo.ts';

const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
/** Link-local senders of packets that another thread read: Node wants the interface's name instead. */
const NUMBERED_ZONE = /%\d/;

export interface SharedSystem {
  readonly mmsg: Mmsg;
  readonly descriptors: Descriptors;
}

/** Rejects where there is no native module for this machine. */
export async function loadSharedSystem(): Promise<SharedSystem> {
  const [mmsg, descriptors] = await Promise.all([loadMmsg(), loadDescriptors()]);
  return { mmsg, descriptors };
}

interface Lent {
  readonly system: SharedSystem;
  readonly fd: number;
  readonly outbox: Outbox;
}

export class SharedSocket implements UdpSocket {
  readonly port: number;
  readonly address: string;
  readonly #receive: UdpReceiver;
  /** Absent while another thread reads. */
  #own: UdpSocket | undefined;
  #lent: Lent | undefined;
  #gathering = false;
  #closed = false;

  private constructor(own: UdpSocket, address: string, receive: UdpReceiver) {
    this.port = own.port;
    this.address = address;
    this.#own = own;
    this.#receive = receive;
  }

  /** As `UdpIo.bind`, which it binds with. */
  static async bind(io: UdpIo, address: string, port: number, receive: UdpReceiver): Promise<SharedSocket> {
    const bound: { shared?: SharedSocket } = {};
    // What is answered later leaves by the shared socket, whoever reads it then.
    const own = await io.bind(address, port, (packet, from) => bound.shared?.deliver(packet, from));
    bound.shared = new SharedSocket(own, address, receive);
    return bound.shared;
  }

  get family(): 4 | 6 {
    return this.address.includes(':') ? 6 : 4;
  }

  /** A descriptor for another thread, this object's to close. @throws Error when there is none to be had */
  lend(system: SharedSystem): number {
    if (this.#lent !== undefined) return this.#lent.fd;
    const known = system.descriptors.boundTo(this);
    const fd = known < 0 ? -1 : system.descriptors.duplicate(known);
    if (fd < 0) throw new Error(`no descriptor of ${this.address}`);
    const family = this.family === 6 ? AF_INET6 : AF_INET;
    const outbox = new Outbox(system.mmsg, fd, family);
    this.#lent = { system, fd, outbox };
    return fd;
  }

  /** The other thread reads: this one stops. */
  async give(): Promise<void> {
    const own = this.#own;
    this.#own = undefined;
    await own?.close();
  }

  /** This thread reads again, while the other one may yet do so too. */
  take(): void {
    if (this.#own !== undefined || this.#lent === undefined || this.#closed) return;
    const { system, fd } = this.#lent;
    this.#own = adoptDgram(system.descriptors.duplicate(fd), this.family, (packet, from) =>
      this.deliver(packet, from),
    );
    system.mmsg.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, Int32Array.of(0), 4);
  }

  send(packet: Uint8Array, to: UdpPeer): void {
    if (this.#own !== undefined && !NUMBERED_ZONE.test(to.address)) this.#own.send(packet, to);
    else if (this.#lent !== undefined && !this.#closed) {
      this.#lent.outbox.add(packet, to);
      if (!this.#gathering) this.#lent.outbox.flush();
    }
  }

  /** A packet that came here, whoever read it. */
  deliver(packet: Uint8Array, from: UdpPeer): void {
    if (!this.#closed) this.#receive(packet, from, this);
  }

  /** From `true` to `false`, what is sent leaves together. */
  gather(on: boolean): void {
    this.#gathering = on;
    if (!on && !this.#closed) this.#lent?.outbox.flush();
  }

  /** No other thread may read any more. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#own?.close();
    // From here on the number may be another file's.
    if (this.#lent !== undefined) this.#lent.system.descriptors.close(this.#lent.fd);
  }
}
