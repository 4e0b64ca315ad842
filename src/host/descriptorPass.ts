/** Descriptors that go from one process to another, through a unix socket that the receiver makes (SCM_RIGHTS). */
import { rmSync } from 'node:fs';
import { type Mmsg, loadMmsg, systemError } from './udp/mmsg.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2_000_000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_DONTWAIT = 0x40;
const MSG_CMSG_CLOEXEC = 0x4000_0000;
/** struct sockaddr_un: the family, and a path of at most 107 octets with its end. */
const SOCKADDR_BYTES = 110;
/** struct cmsghdr, where pointers have 64 bits. */
const CONTROL_HEADER = 16;
/** The kernel takes 253 in one message. */
const MOST_DESCRIPTORS = 250;

export interface DescriptorPass {
  /** That can be sent at once. */
  readonly most: number;
  /** Makes the socket that `send` is told. @throws Error as the system gives it */
  open(path: string): Inlet;
  /** They stay this process's too. @throws Error when nobody takes them, or there are too many */
  send(path: string, fds: readonly number[]): void;
}

export interface Inlet {
  /** What was sent last, closed when this process runs another program; none before something came. */
  receive(): number[];
  close(): void;
}

/** Rejects where there is no native module for this machine. */
export async function loadDescriptorPass(): Promise<DescriptorPass> {
  const { default: koffi } = await import('koffi');
  const mmsg = await loadMmsg();
  const libc = koffi.load(null);
  const socket = libc.func('int socket(int, int, int)') as (
    family: number,
    type: number,
    how: number,
  ) => number;
  const bind = libc.func('int bind(int, const void *, unsigned int)') as (
    fd: number,
    name: Uint8Array,
    bytes: number,
  ) => number;
  const sendmsg = libc.func('long sendmsg(int, void *, int)') as Transfer;
  const recvmsg = libc.func('long recvmsg(int, void *, int)') as Transfer;
  const close = libc.func('int close(int)') as (fd: number) => number;
  const make = (path: string): number => {
    const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) throw systemError('socket', mmsg.errno(), path);
    return fd;
  };
  return {
    most: MOST_DESCRIPTORS,
    open(path) {
      const fd = make(path);
      if (bind(fd, sockaddr(path), SOCKADDR_BYTES) !== 0) {
        const error = systemError('bind', mmsg.errno(), path);
        close(fd);
        throw error;
      }
      return {
        receive: () => {
          const message = new RightsMessage(mmsg, new Uint8Array(0));
          const came = recvmsg(fd, message.header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
          return came < 0 ? [] : message.descriptors();
        },
        close: () => {
          close(fd);
          rmSync(path, { force: true });
        },
      };
    },
    send(path, fds) {
      const message = new RightsMessage(mmsg, sockaddr(path));
      message.carry(fds);
      const fd = make(path);
      const sent = sendmsg(fd, message.header, MSG_DONTWAIT);
      const error = sent < 0 ? systemError('sendmsg', mmsg.errno(), path) : undefined;
      close(fd);
      if (error !== undefined) throw error;
    },
  };
}

type Transfer = (fd: number, header: bigint, flags: number) => number | bigint;

function sockaddr(path: string): Uint8Array {
  const bytes = new Uint8Array(SOCKADDR_BYTES);
  const text = Buffer.from(path);
  if (text.length > SOCKADDR_BYTES - 3) throw new Error(`too long for the path of a socket: ${path}`);
  new DataView(bytes.buffer).setUint16(0, AF_UNIX, true);
  bytes.set(text, 2);
  return bytes;
}

/** One struct msghdr and all that it points to, in one piece of memory, so that one object keeps it alive. */
class RightsMessage {
  readonly header: bigint;
  readonly #view: DataView;

  constructor(mmsg: Mmsg, name: Uint8Array) {
    // Memory of this size is never in V8's heap, where it could be moved.
    const memory = new Uint8Array(8192);
    this.header = mmsg.addressOf(memory);
    this.#view = new DataView(memory.buffer);
    memory.set(name, AT.name);
    if (name.length > 0) this.#point(0, AT.name);
    this.#view.setUint32(8, name.length, true);
    this.#point(16, AT.iovec);
    this.#view.setBigUint64(24, 1n, true);
    this.#point(AT.iovec, AT.octet);
    this.#view.setBigUint64(AT.iovec + 8, 1n, true);
    this.#point(32, AT.control);
    this.#controlLength = CONTROL_HEADER + 4 * MOST_DESCRIPTORS;
  }

  carry(fds: readonly number[]): void {
    if (fds.length > MOST_DESCRIPTORS) throw new Error(`too many descriptors: ${fds.length}`);
    const length = CONTROL_HEADER + 4 * fds.length;
    this.#controlLength = length;
    this.#view.setBigUint64(AT.control, BigInt(length), true);
    this.#view.setInt32(AT.control + 8, SOL_SOCKET, true);
    this.#view.setInt32(AT.control + 12, SCM_RIGHTS, true);
    fds.forEach((fd, i) => this.#view.setInt32(AT.control + CONTROL_HEADER + 4 * i, fd, true));
  }

  descriptors(): number[] {
    if (this.#view.getBigUint64(40, true) < CONTROL_HEADER) return [];
    const count = (Number(this.#view.getBigUint64(AT.control, true)) - CONTROL_HEADER) / 4;
    return Array.from({ length: count }, (_, i) =>
      this.#view.getInt32(AT.control + CONTROL_HEADER + 4 * i, true),
    );
  }

  set #controlLength(bytes: number) {
    this.#view.setBigUint64(40, BigInt(bytes), true);
  }

  #point(from: number, to: number): void {
    this.#view.setBigUint64(from, this.header + BigInt(to), true);
  }
}

/** Where the parts of the message lie, behind struct msghdr. */
const AT = { iovec: 64, octet: 96, name: 128, control: 256 } as const;
