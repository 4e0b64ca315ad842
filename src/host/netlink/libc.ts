/** The C library's calls that netlink takes, through koffi. */
import { messageOf } from '../../errors/caught.ts';
import { NetlinkError, NoNetlinkError } from './netlinkError.ts';

type Call = (...args: readonly (number | Uint8Array | BigInt64Array)[]) => number | bigint;
interface AsyncCall extends Call {
  async(
    fd: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
    done: (error: Error | null, result: number | bigint) => void,
  ): void;
}

/** Plain numbers and memory. All but `errno` and `addressOf` give -1 on failure. */
export interface Libc {
  readonly socket: Call;
  readonly bind: Call;
  readonly setsockopt: Call;
  readonly fcntl: Call;
  readonly close: Call;
  readonly send: AsyncCall;
  readonly recv: AsyncCall;
  readonly errno: () => number;
  /** Where memory outside V8's own heap lies. It stays there, as long as something refers to the view. */
  readonly addressOf: (memory: Uint8Array) => bigint;
}

export const EINTR = 4;
export const SOL_SOCKET = 1;
export const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2_000_000;

/** Rejects with NoNetlinkError. */
export async function loadLibc(): Promise<Libc> {
  try {
    // Loaded when it is needed: a native module has no place in a command that only prints.
    const { default: koffi } = await import('koffi');
    // Of the process itself: the library's file has another name on musl than on glibc.
    const libc = koffi.load(null);
    return {
      socket: libc.func('int socket(int, int, int)') as Call,
      bind: libc.func('int bind(int, const void *, uint32_t)') as Call,
      setsockopt: libc.func('int setsockopt(int, int, int, const void *, uint32_t)') as Call,
      fcntl: libc.func('int fcntl(int, int, int)') as Call,
      close: libc.func('int close(int)') as Call,
      send: libc.func('long send(int, const void *, size_t, int)') as AsyncCall,
      recv: libc.func('long recv(int, void *, size_t, int)') as AsyncCall,
      errno: () => koffi.errno(),
      addressOf: (memory) => koffi.address(memory),
    };
  } catch (error) {
    throw new NoNetlinkError(`no native module: ${messageOf(error)}`);
  }
}

/** The descriptor. `protocol` is a NETLINK_ constant of the kernel. @throws NoNetlinkError */
export function openSocket(libc: Libc, protocol: number): number {
  const fd = Number(libc.socket(AF_NETLINK, SOCK_RAW + SOCK_CLOEXEC, protocol));
  if (fd < 0) throw new NoNetlinkError(`no netlink socket: ${new NetlinkError(libc.errno()).message}`);
  return fd;
}
