/**
 * UDP in batches: recvmmsg and sendmmsg move up to 64 packets with one system call each.
 *
 * Node cannot wait for a descriptor that it does not read itself. So ours is given to a node:dgram socket: it wakes
 * us with the first packets of a burst, and we take the rest before it looks again.
 */
import { createSocket, type Socket } from 'node:dgram';
import { Inbox, BATCH } from './inbox.ts';
import { EINTR, type Mmsg, systemError } from './mmsg.ts';
import { Outbox } from './outbox.ts';
import { AF_INET, AF_INET6, putSockaddr, SOCKADDR_WORDS, sockaddrBytes } from './sockaddr.ts';
import { RECEIVE_BUFFER, type UdpIo, type UdpPeer, type UdpReceiver, type UdpSocket } from './udpIo.ts';

const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2_000_000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;

/** Packets that one socket may take before everything else has its turn: some 2 ms of DNS. */
const TURN = 8 * BATCH;

/**
 * So many wakes, each so soon after the last, are a burst. Behind fewer nothing more is there as a rule, and to ask
 * would be a system call too many.
 */
const BURST_PACKETS = 4;
const BURST_MS = 0.1;

/**
 * Link-local senders: `fe80::1%eth0` as Node gives those of packets that it read, and only Node knows the interface's
 * number; `fe80::1%2` as we do, and Node does not understand it.
 */
const NAMED_ZONE = /%\D/;
const NUMBERED_ZONE = /%\d/;

/** `burstMs` is for a test of the machine, which must not depend on how fast it is. */
export function batchedIo(mmsg: Mmsg, burstMs: number = BURST_MS): UdpIo {
  const inboxes = { 4: new Inbox(mmsg, AF_INET), 6: new Inbox(mmsg, AF_INET6) } as const;
  return {
    bind: async (address, port, receive) => {
      const family = address.includes(':') ? 6 : 4;
      const fd = openSocket(mmsg, address, port);
      try {
        return new BatchedSocket({ mmsg, fd, family, inbox: inboxes[family], receive, burstMs });
      } catch (error) {
        mmsg.close(fd);
        throw error;
      }
    },
  };
}

/** A bound descriptor; throws the system's error. */
function openSocket(mmsg: Mmsg, address: string, port: number): number {
  const family = address.includes(':') ? AF_INET6 : AF_INET;
  const fd = mmsg.socket(family, SOCK_DGRAM + SOCK_NONBLOCK + SOCK_CLOEXEC, 0);
  if (fd < 0) throw systemError('socket', mmsg.errno(), 'udp');
  if (family === AF_INET6) mmsg.setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, Int32Array.of(1), 4);
  const name = new Uint32Array(SOCKADDR_WORDS);
  putSockaddr(name, 0, { address, port });
  if (mmsg.bind(fd, name, sockaddrBytes(family)) === 0) return fd;
  const error = systemError('bind', mmsg.errno(), `${address}:${port}`);
  mmsg.close(fd);
  throw error;
}

interface BatchedParts {
  readonly mmsg: Mmsg;
  readonly fd: number;
  readonly family: 4 | 6;
  readonly inbox: Inbox;
  readonly receive: UdpReceiver;
  readonly burstMs: number;
}

class BatchedSocket implements UdpSocket {
  readonly port: number;
  readonly #mmsg: Mmsg;
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;
  readonly #receive: UdpReceiver;
  readonly #burstMs: number;
  /** Owns the descriptor from here on. */
  readonly #waker: Socket;
  #open = true;
  /** Replies wait for the end of the batch. */
  #gathering = false;
  /** Packets left in this turn. */
  #left = TURN;
  #lastWake = 0;
  /** Wakes close behind one another. */
  #streak = 0;
  #resume: NodeJS.Immediate | undefined;

  constructor({ mmsg, fd, family, inbox, receive, burstMs }: BatchedParts) {
    this.#mmsg = mmsg;
    this.#inbox = inbox;
    this.#receive = receive;
    this.#burstMs = burstMs;
    this.#waker = createSocket({
      type: `udp${family}`,
      recvBufferSize: RECEIVE_BUFFER,
      lookup: (host, _options, done) => done(null, host, family),
    });
    // Errors of a bound socket are those of single packets, such as a peer that has gone.
    this.#waker.on('error', () => undefined);
    this.#waker.on('message', (packet, from) => this.#wake(packet, from));
    this.#waker.bind({ fd });
    // Node sets it on descriptors that it is given; without, nobody else can bind this address and port.
    mmsg.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, Int32Array.of(0), 4);
    this.port = this.#waker.address().port;
    this.#outbox = new Outbox(mmsg, fd, family === 6 ? AF_INET6 : AF_INET, (packet, to) => {
      this.#sendSingle(packet, to);
    });
  }

  send(packet: Uint8Array, to: UdpPeer): void {
    if (!this.#open) return;
    const own = to === this.#inbox.sender || this.#suits(to.address);
    if (!own) return this.#sendSingle(packet, to);
    this.#outbox.add(packet, to);
    if (!this.#gathering) this.#outbox.flush();
  }

  /** One packet alone is Node's to send: its way is the shorter one then. */
  #suits(address: string): boolean {
    return this.#gathering ? !NAMED_ZONE.test(address) : NUMBERED_ZONE.test(address);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#open) return resolve();
      this.#outbox.flush();
      // The number of the descriptor may be another file's from here on.
      this.#open = false;
      clearImmediate(this.#resume);
      this.#waker.close(() => resolve());
    });
  }

  /** Node keeps the packet until the system has room for it. */
  #sendSingle(packet: Uint8Array, to: UdpPeer): void {
    this.#waker.send(packet, 0, packet.length, to.port, to.address);
  }

  #wake(first: Uint8Array, from: UdpPeer): void {
    this.#streak = performance.now() - this.#lastWake < this.#burstMs ? this.#streak + 1 : 1;
    const burst = this.#streak >= BURST_PACKETS;
    this.#take(first, from);
    if (burst && this.#open) this.#gather(() => this.#drain());
    this.#lastWake = performance.now();
  }

  /** Runs `work`, and sends what it left to send, whatever becomes of it. */
  #gather(work: () => void): void {
    this.#gathering = true;
    try {
      work();
    } finally {
      this.#gathering = false;
      if (this.#open) this.#outbox.flush();
    }
  }

  #drain(): void {
    while (this.#open && this.#left > 0) {
      const count = this.#inbox.receive(this.#outbox.fd);
      // ICMP errors, such as ECONNREFUSED, are of packets sent before; the kernel gives each once.
      if (count < 0 && this.#mmsg.errno() !== EINTR) break;
      this.#left -= Math.max(count, 1);
      for (let i = 0; i < count && this.#open; i++) this.#take(this.#inbox.packet(i), this.#inbox.sender);
      if (this.#open) this.#outbox.flush();
      if (count < BATCH) break;
    }
    if (this.#left <= 0 && this.#open) this.#resume ??= setImmediate(() => this.#nextTurn());
  }

  #nextTurn(): void {
    this.#resume = undefined;
    this.#left = TURN;
    this.#gather(() => this.#drain());
  }

  #take(packet: Uint8Array, from: UdpPeer): void {
    // Nobody can be at port 0.
    if (from.port !== 0) this.#receive(packet, from, this);
  }
}
