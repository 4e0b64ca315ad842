/** AF_NETLINK sockets, which Node has not: the C library's, through koffi. */
import { EINTR, type Libc, loadLibc, openSocket, SOL_SOCKET } from './libc.ts';
import { NetlinkError } from './netlinkError.ts';

/** A conversation with one part of the kernel. Every call runs on a thread of the pool: none holds the event loop. */
export interface NetlinkSocket {
  /** Rejects with NetlinkError when the kernel does not take it. */
  send(bytes: Uint8Array): Promise<void>;
  /** Resolves with how many bytes of whole messages were put into `into`; rejects with NetlinkError. */
  receive(into: Uint8Array): Promise<number>;
  close(): void;
}

const SO_RCVTIMEO = 20;
/** The kernel answers within milliseconds; a thread of the pool must never wait for an answer that got lost. */
const RECEIVE_LIMIT_SECONDS = 5;

/** Rejects with NoNetlinkError. `protocol` is a NETLINK_ constant of the kernel. */
export async function openNetlink(protocol: number): Promise<NetlinkSocket> {
  const libc = await loadLibc();
  const fd = openSocket(libc, protocol);
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
