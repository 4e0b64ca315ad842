/** What a thread that answers does: waits for packets, answers those it can, and passes on the others. */
import { type Descriptors, POLLIN, POLLOUT } from '../../host/udp/descriptors.ts';
import { BATCH, Inbox } from '../../host/udp/inbox.ts';
import { canJoin } from '../../host/udp/joinedMessages.ts';
import { EINTR, MSG_DONTWAIT, type Mmsg, systemError } from '../../host/udp/mmsg.ts';
import { ReplyBatch, type Way } from '../../host/udp/replyBatch.ts';
import { AF_INET, AF_INET6 } from '../../host/udp/sockaddr.ts';
import type { TableReader } from '../answers/tableReader.ts';
import type { DnsCounters } from '../server/counters.ts';
import type { Gate } from '../server/limits/gate.ts';
import type { Link, ReadyReplies } from '../server/readyReplies.ts';
import type { Step } from '../server/step.ts';
import { RCODE } from '../wire/codes.ts';
import type { Query } from '../wire/query.ts';
import type { Order, Report } from './messages.ts';
import type { PacketRing } from './packetRing.ts';

/** Behind so many packets there are more as a rule, and to wait for them would be a system call too many. */
const MORE = 4;
/** Batches that one socket may take before the others have their turn. */
const TURN = 8;
/** However a process ends, its threads must come to see it: no call waits longer. */
const WAIT_MS = 1_000;
/** For the system to have room for replies again. */
const ROOM_MS = 10;
const EPERM = 1;
const ENOSYS = 38;

export interface LoopParts {
  readonly mmsg: Mmsg;
  readonly descriptors: Descriptors;
  readonly signal: number;
  readonly table: TableReader;
  readonly replies: ReadyReplies;
  /** As many as a batch has packets. */
  readonly queries: readonly Query[];
  readonly ring: PacketRing;
  readonly counters: DnsCounters;
  /** Holds what is answered here against the limit of its client; what is passed on meets it there. */
  readonly gate: Gate | undefined;
  /** Whether several replies to one client may be joined, where the system can part them. */
  /** From how many on replies to one client are joined; 0: never. */
  readonly joinedFrom: number;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  readonly stopped: () => boolean;
  /** The next message, if there is one. */
  readonly receive: () => Order | undefined;
  readonly tell: (report: Report) => void;
}

interface Served extends Way {
  readonly number: number;
  readonly link: Link;
}

export class AnswerLoop {
  readonly #parts: LoopParts;
  readonly #inboxes: readonly [Inbox, Inbox];
  readonly #batches: readonly [ReplyBatch, ReplyBatch];
  #sockets: Served[] = [];
  readonly #leaving: number[] = [];
  readonly #news = (): void => this.#obey();
  /** struct pollfd of the signal and of each socket. */
  #polled: Int32Array = new Int32Array(2);
  /** Of the replies to one batch. */
  readonly #readable = new Uint8Array(BATCH);
  readonly #rcodes = new Uint8Array(BATCH);
  readonly #sizes = new Uint16Array(BATCH);
  readonly #steps: Step[] = Array.from({ length: BATCH }, () => 'zone');
  readonly #writable = Int32Array.of(0, POLLOUT);

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#inboxes = [new Inbox(parts.mmsg, AF_INET), new Inbox(parts.mmsg, AF_INET6)];
    const writable = (fd: number): boolean => this.#waitForRoom(fd);
    this.#batches = [
      new ReplyBatch(parts.mmsg, AF_INET, parts.joinedFrom, writable),
      new ReplyBatch(parts.mmsg, AF_INET6, parts.joinedFrom, writable),
    ];
    this.#arrange();
  }

  /** Returns when it is told to stop. */
  run(): void {
    const { descriptors, signal, stopped } = this.#parts;
    while (!stopped()) {
      const ready = descriptors.poll(this.#polled, this.#polled.length / 2, WAIT_MS);
      if (ready <= 0) continue;
      if (this.#polled[1] !== POLLIN) {
        descriptors.unsignal(signal);
        this.#obey();
        this.#settle();
        continue;
      }
      for (let i = 0; i < this.#sockets.length; i++) {
        const socket = this.#sockets[i];
        // The upper half is what came: errors of single packets too, which reading takes away.
        if (socket !== undefined && (this.#polled[2 * i + 3] ?? 0) >>> 16 !== 0) this.#serve(socket);
      }
      if (this.#leaving.length > 0) this.#settle();
    }
  }

  /** Answers what waits at a socket. Returns the errno of a call that failed for good. */
  #serve(socket: Served): number {
    const { mmsg } = this.#parts;
    const inbox = this.#inboxes[socket.link.family];
    for (let turn = 0; turn < TURN; turn++) {
      const count = inbox.receive(socket.fd);
      if (count < 0 && mmsg.errno() !== EINTR) return mmsg.errno();
      if (count > 0) this.#answer(socket, inbox, count);
      if (count < MORE) break;
    }
    return 0;
  }

  #answer(socket: Served, inbox: Inbox, count: number): void {
    const { number, link } = socket;
    const { table, replies, queries, ring, counters, gate, now } = this.#parts;
    const batch = this.#batches[link.family];
    const { sender } = inbox;
    const started = now();
    let answered = 0;
    let passed = false;
    for (let i = 0; i < count; i++) {
      this.#readable[i] = queries[i]?.read(inbox.place(i), inbox.length(i)) === RCODE.NOERROR ? 1 : 0;
    }
    table.enter(this.#news);
    table.warm(queries, count);
    for (let i = 0; i < count; i++) {
      const query = queries[i];
      const packet = inbox.place(i);
      const octets = inbox.length(i);
      // Nobody can be at port 0.
      if (query === undefined || sender.port === 0) continue;
      const place = batch.place(batch.count);
      const length = this.#readable[i] === 1 ? replies.writeInto(place, query, link) : 0;
      if (length > 0 && gate !== undefined && !gate.allows(sender.address)) {
        const told = gate.turnAway(packet.subarray(0, octets));
        if (told === undefined) continue;
        place.set(told);
        batch.add(told.length, sender.names, sender.at);
      } else if (length > 0) {
        batch.add(length, sender.names, sender.at);
        this.#steps[answered] = replies.step;
        this.#rcodes[answered] = (place[3] ?? 0) & 0xf;
        this.#sizes[answered++] = length;
        counters.countRequest(link.protocol, link.family, query.type, octets);
        if (query.edns.present && query.edns.dnssecOk) counters.dnssec++;
      } else if (ring.push(number, sender.names, sender.at, packet, octets)) passed = true;
      else counters.overflowed++;
    }
    table.leave();
    batch.flush(socket);
    const seconds = (now() - started) / 1000;
    for (let i = 0; i < answered; i++) {
      counters.countResponse(
        this.#rcodes[i] ?? 0,
        seconds,
        this.#steps[i],
        link.protocol,
        this.#sizes[i] ?? 0,
      );
    }
    if (passed && ring.wake()) this.#parts.tell({ kind: 'packets' });
  }

  #waitForRoom(fd: number): boolean {
    this.#writable[0] = fd;
    return this.#parts.descriptors.poll(this.#writable, 1, ROOM_MS) > 0;
  }

  #obey(): void {
    for (let order = this.#parts.receive(); order !== undefined; order = this.#parts.receive()) {
      switch (order.kind) {
        case 'memory':
          this.#parts.table.learn(order.id, order.shape);
          break;
        case 'read':
          this.#begin(order.socket, order.fd, order.link);
          break;
        case 'leave':
          this.#leaving.push(order.socket);
          break;
        default:
          order satisfies never;
      }
    }
  }

  #begin(number: number, fd: number, link: Link): void {
    const { mmsg, joinedFrom, tell } = this.#parts;
    const socket = { number, fd, link, joins: joinedFrom > 0 && canJoin(mmsg, fd) };
    // Between two batches: this one may be among those of a batch that is being answered.
    this.#sockets = [...this.#sockets, socket];
    const vector = mmsg.addressOf(new Uint8Array(4096));
    for (const call of ['recvmmsg', 'sendmmsg'] as const) {
      const errno = mmsg[call](socket.fd, vector, 0, MSG_DONTWAIT) < 0 ? mmsg.errno() : 0;
      if (errno !== EPERM && errno !== ENOSYS) continue;
      tell({ kind: 'unable', socket: socket.number, reason: systemError(call, errno, 'udp').message });
      this.#leaving.push(socket.number);
      return;
    }
    tell({ kind: 'reading', socket: socket.number });
  }

  /** Lets go of sockets that are not used any more, now that nothing of them is in hand. */
  #settle(): void {
    const leaving = this.#leaving.splice(0);
    this.#sockets = this.#sockets.filter(({ number }) => !leaving.includes(number));
    for (const socket of leaving) this.#parts.tell({ kind: 'left', socket });
    this.#arrange();
  }

  #arrange(): void {
    const fds = [this.#parts.signal, ...this.#sockets.map(({ fd }) => fd)];
    this.#polled = Int32Array.from(fds.flatMap((fd) => [fd, POLLIN]));
  }
}
