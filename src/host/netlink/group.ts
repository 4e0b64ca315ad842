/** What the kernel tells all who joined a netlink group, taken as it comes. */
import { constants } from 'node:os';
import { EAGAIN } from '../udp/mmsg.ts';
import { AF_NETLINK, EINTR, type Libc, loadLibc, openSocket, SOL_SOCKET } from './libc.ts';
import { NetlinkError } from './netlinkError.ts';
import { instructionsOf, portFilter } from './portFilter.ts';

export interface GroupEvents {
  /** Whole messages, in the first `length` bytes; the memory is filled again after the call. */
  readonly received: (bytes: Buffer, length: number) => void;
  /** Messages were lost, because we did not take them in time. */
  readonly missed: (reason: string) => void;
}

export interface GroupSocket {
  /**
   * From now on, what these netlink ports cause is not received. A program's port is its process id, unless another
   * program of the network namespace has that already. Takes what waits first.
   */
  leaveOut(ports: Iterable<number>): void;
  close(): void;
}

/**
 * `group` is up to 32. Rejects with NoNetlinkError, or with NetlinkError: EPERM without CAP_NET_ADMIN over the network
 * namespace.
 */
export type JoinGroup = (protocol: number, group: number, events: GroupEvents) => Promise<GroupSocket>;

const SO_RCVBUF = 8;
const SO_ATTACH_FILTER = 26;
const SO_RCVBUFFORCE = 33;
/** Used only while something waits. 25,000 rules of another program, in one transaction, fit. */
const RECEIVE_BUFFER = 4 << 20;
/** The kernel puts up to 8 KiB together; an object may be larger. */
const RECEIVE_BYTES = 64 << 10;
const ENOBUFS = 105;
const SOCK_FPROG_BYTES = 16;
const F_SETFL = 4;
const F_SETOWN = 8;
const F_SETSIG = 10;
const O_NONBLOCK = 0o4000;
const O_ASYNC = 0o20_000;
/** Receives before others have the event loop: of full ones 5 ms for the first time, 1 ms later. */
const TURN = 16;

/**
 * The kernel signals that there is something to receive, so that nothing runs until then: Node cannot wait for such a
 * socket, a timer that looks ten times a second takes 0.1 % of a processor for ever, and a thread megabytes. SIGURG,
 * because a process that does not expect it ignores it; the usual SIGIO would end us on our way out.
 */
const SIGNAL = 'SIGURG';

export const joinGroup: JoinGroup = async (protocol, group, events) => {
  const libc = await loadLibc();
  const fd = openSocket(libc, protocol);
  try {
    // May not be granted; then bursts are missed sooner.
    for (const option of [SO_RCVBUF, SO_RCVBUFFORCE]) {
      libc.setsockopt(fd, SOL_SOCKET, option, words(RECEIVE_BUFFER), 4);
    }
    const joined = new Joined(libc, fd, events);
    joined.join(group);
    return joined;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
};

class Joined implements GroupSocket {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #events: GroupEvents;
  readonly #buffer = Buffer.alloc(RECEIVE_BYTES);
  readonly #drain = (): void => this.#receive();
  #again: NodeJS.Immediate | undefined;

  constructor(libc: Libc, fd: number, events: GroupEvents) {
    this.#libc = libc;
    this.#fd = fd;
    this.#events = events;
  }

  /** @throws NetlinkError */
  join(group: number): void {
    const { bind, fcntl } = this.#libc;
    process.on(SIGNAL, this.#drain);
    try {
      // struct sockaddr_nl: family, any port, groups.
      this.#check(bind(this.#fd, words(AF_NETLINK, 0, 1 << (group - 1)), 12));
      this.#check(fcntl(this.#fd, F_SETOWN, process.pid));
      this.#check(fcntl(this.#fd, F_SETSIG, constants.signals[SIGNAL]));
      this.#check(fcntl(this.#fd, F_SETFL, O_ASYNC | O_NONBLOCK));
    } catch (error) {
      process.off(SIGNAL, this.#drain);
      throw error;
    }
    // For what came before there was a signal.
    this.#receive();
  }

  leaveOut(ports: Iterable<number>): void {
    this.#receive();
    const program = portFilter(ports);
    // struct sock_fprog, and behind it, so that they live as long as each other, the program. The kernel copies both.
    const described = Buffer.concat([Buffer.alloc(SOCK_FPROG_BYTES), program]);
    described.writeUInt16LE(instructionsOf(program), 0);
    described.writeBigUInt64LE(this.#libc.addressOf(described) + BigInt(SOCK_FPROG_BYTES), 8);
    this.#libc.setsockopt(this.#fd, SOL_SOCKET, SO_ATTACH_FILTER, described, SOCK_FPROG_BYTES);
  }

  close(): void {
    process.off(SIGNAL, this.#drain);
    clearImmediate(this.#again);
    this.#libc.close(this.#fd);
  }

  #receive(): void {
    clearImmediate(this.#again);
    for (let n = 0; n < TURN; n++) {
      const length = Number(this.#libc.recv(this.#fd, this.#buffer, this.#buffer.length, 0));
      if (length >= 0) {
        this.#events.received(this.#buffer, length);
        continue;
      }
      const errno = this.#libc.errno();
      if (errno === EAGAIN) return;
      if (errno === EINTR) continue;
      this.#events.missed(new NetlinkError(errno).message);
      if (errno !== ENOBUFS) return;
    }
    this.#again = setImmediate(this.#drain);
  }

  #check(result: number | bigint): void {
    if (Number(result) < 0) throw new NetlinkError(this.#libc.errno());
  }
}

function words(...values: readonly number[]): Buffer {
  return Buffer.from(Uint32Array.from(values).buffer);
}
