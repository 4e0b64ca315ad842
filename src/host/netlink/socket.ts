/** AF_NETLINK sockets, which Node has not: the C library's, through koffi. */
import { getSystemErrorMessage, getSystemErrorName } from 'node:util';
import { messageOf } from '../../errors/caught.ts';

/** A conversation with one part of the kernel. Every call runs on a thread of the pool: none holds the event loop. */
export interface NetlinkSocket {
  /** Rejects with NetlinkError when the kernel does not take it. */
  send(bytes: Uint8Array): Promise<void>;
  /** Resolves with how many bytes of whole messages were put into `into`; rejects with NetlinkError. */
  receive(into: Uint8Array): Promise<number>;
  close(): void;
}

/** `operation not permitted (EPERM): needs CAP_NET_ADMIN` */
export class NetlinkError extends Error {
  override readonly name = 'NetlinkError';
  /** Positive, as in errno. */
  readonly errno: number;

  constructor(errno: number) {
    const needs = errno === EPERM ? ': needs CAP_NET_ADMIN' : '';
    super(`${getSystemErrorMessage(-errno)} (${getSystemErrorName(-errno)})${needs}`);
    this.errno = errno;
  }
}

/** There is no way to netlink from here at all: no native module for this machine, or a kernel without it. */
export class NoNetlinkError extends Error {
  override readonly name = 'NoNetlinkError';
}

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2_000_000;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const EPERM = 1;
const EINTR = 4;
/** The kernel answers within milliseconds; a thread of the pool must never wait for an answer that got lost. */
const RECEIVE_LIMIT_SECONDS = 5;

/** Rejects with NoNetlinkError. `protocol` is a NETLINK_ constant of the kernel. */
export async function openNetlink(protocol: number): Promise<NetlinkSocket> {
  const libc = await loadLibc();
  const fd = Number(libc.socket(AF_NETLINK, SOCK_RAW + SOCK_CLOEXEC, protocol));
  if (fd < 0) throw new NoNetlinkError(`no netlink socket: ${new NetlinkError(libc.errno()).message}`);
  const limit = new BigInt64Array([BigInt(RECEIVE_LIMIT_SECONDS), 0n]);
  libc.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, limit, limit.byteLength);
  const call = async (name: 'send' | 'recv', bytes: Uint8Array): Promise<number> => {
    for (;;) {
      const { result, errno } = await onThread(libc, name, fd, bytes);
      if (result >= 0) return result;
      if (errno !== EINTR) throw new NetlinkError(errno);
    }
  };
  return {
    send: async (bytes) => void (await call('send', bytes)),
    receive: (into) => call('recv', into),
    close: () => void libc.close(fd),
  };
}

interface Outcome {
  readonly result: number;
  readonly errno: number;
}

function onThread(libc: Libc, name: 'send' | 'recv', fd: number, bytes: Uint8Array): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    // `bytes` stays referenced by this closure: the C library knows only where it lies.
    libc[name].async(fd, bytes, bytes.length, 0, (error: Error | null, result: number | bigint) => {
      if (error === null) resolve({ result: Number(result), errno: libc.errno() });
      else reject(error);
    });
  });
}

type Call = (...args: readonly (number | Uint8Array | BigInt64Array)[]) => number | bigint;
interface AsyncCall {
  async(
    fd: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
    done: (error: Error | null, result: number | bigint) => void,
  ): void;
}

interface Libc {
  readonly socket: Call;
  readonly setsockopt: Call;
  readonly close: Call;
  readonly send: AsyncCall;
  readonly recv: AsyncCall;
  readonly errno: () => number;
}

async function loadLibc(): Promise<Libc> {
  try {
    // Loaded when it is needed: a native module has no place in a command that only prints.
    const { default: koffi } = await import('koffi');
    // Of the process itself: the library's file has another name on musl than on glibc.
    const libc = koffi.load(null);
    return {
      socket: libc.func('int socket(int, int, int)') as Call,
      setsockopt: libc.func('int setsockopt(int, int, int, const void *, uint32_t)') as Call,
      close: libc.func('int close(int)') as Call,
      send: libc.func('long send(int, const void *, size_t, int)') as AsyncCall,
      recv: libc.func('long recv(int, void *, size_t, int)') as AsyncCall,
      errno: () => koffi.errno(),
    };
  } catch (error) {
    throw new NoNetlinkError(`no native module: ${messageOf(error)}`);
  }
}
