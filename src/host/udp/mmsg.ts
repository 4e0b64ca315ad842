/** System calls that move many packets at once. */
import { endianness } from 'node:os';
import { getSystemErrorMessage, getSystemErrorName } from 'node:util';

/** From Linux's headers: the same on every architecture that Node runs on with 64 bits, little end first. */
export const MSG_DONTWAIT = 0x40;
export const EINTR = 4;
export const EAGAIN = 11;

/** Plain numbers and pointers: nothing here knows what the memory means. All but `errno` give -1 on failure. */
export interface Mmsg {
  setsockopt(fd: number, level: number, name: number, value: Int32Array, bytes: number): number;
  /** Gives how many messages came; the caller keeps what `vector` points to. */
  recvmmsg(fd: number, vector: bigint, count: number, flags: number): number;
  /** Gives how many messages went; when not all did, the next call tells why. */
  sendmmsg(fd: number, vector: bigint, count: number, flags: number): number;
  errno(): number;
  /** Where memory outside V8's own heap lies. It stays there, as long as something refers to the view. */
  addressOf(memory: Uint8Array | Uint32Array): bigint;
}

/** Rejects where there is no native module for this machine, or its structures are laid out differently. */
export async function loadMmsg(): Promise<Mmsg> {
  if (process.platform !== 'linux' || endianness() !== 'LE') throw new Error('not Linux, little end first');
  const { default: koffi } = await import('koffi');
  if (koffi.sizeof('void *') !== 8) throw new Error('pointers are not of 64 bits');
  // Of the process itself: the library's file has another name on musl than on glibc.
  const libc = koffi.load(null);
  const recvmmsg = libc.func('int recvmmsg(int, void *, unsigned int, int, void *)') as ReceiveCall;
  return {
    setsockopt: libc.func('int setsockopt(int, int, int, const void *, uint32_t)') as Mmsg['setsockopt'],
    recvmmsg: (fd, vector, count, flags) => recvmmsg(fd, vector, count, flags, null),
    sendmmsg: libc.func('int sendmmsg(int, void *, unsigned int, int)') as Mmsg['sendmmsg'],
    errno: () => koffi.errno(),
    addressOf: (memory) => koffi.address(memory),
  };
}

type ReceiveCall = (fd: number, vector: bigint, count: number, flags: number, timeout: null) => number;

/** An error as Node's own calls give it: `bind EADDRINUSE 127.0.0.1:53`. */
export function systemError(syscall: string, errno: number, subject: string): NodeJS.ErrnoException {
  const code = getSystemErrorName(-errno);
  const error = new Error(`${syscall} ${code} ${subject}: ${getSystemErrorMessage(-errno)}`);
  return Object.assign(error, { syscall, code, errno: -errno });
}
