/** The system calls of a relay that waits for its descriptors itself, and moves octets without seeing them. */
import { endianness } from 'node:os';

/** Plain numbers and memory: nothing here knows what they mean. All but `errno` give -1 on failure. */
export interface TcpCalls {
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint32Array, octets: number): number;
  listen(fd: number, backlog: number): number;
  /** `octets` is one word: how large `address` is, and then how much of it was written. */
  accept4(fd: number, address: Uint32Array, octets: Uint32Array, flags: number): number;
  connect(fd: number, address: Uint32Array, octets: number): number;
  setsockopt(fd: number, level: number, name: number, value: Int32Array, octets: number): number;
  shutdown(fd: number, how: number): number;
  close(fd: number): number;
  pipe2(ends: Int32Array, flags: number): number;
  fcntl(fd: number, command: number, value: number): number;
  /** The offsets are null: neither a socket nor a pipe has any. */
  splice(from: number, none: null, to: number, nil: null, octets: number, flags: number): number;
  send(fd: number, octets: Uint8Array, count: number, flags: number): number;
  /** With `null` and MSG_TRUNC, TCP drops what it would have copied. */
  recv(fd: number, octets: Uint8Array | null, count: number, flags: number): number;
  epollCreate(flags: number): number;
  epollControl(poll: number, operation: number, fd: number, event: Uint32Array): number;
  epollWait(poll: number, events: Uint32Array, most: number, timeoutMs: number): number;
  errno(): number;
}

/** Rejects where there is no native module for this machine, or its structures are laid out differently. */
export async function loadTcpCalls(): Promise<TcpCalls> {
  if (process.platform !== 'linux' || endianness() !== 'LE') throw new Error('not Linux, little end first');
  const { default: koffi } = await import('koffi');
  if (koffi.sizeof('void *') !== 8) throw new Error('pointers are not of 64 bits');
  // Of the process itself: the library's file has another name on musl than on glibc.
  const libc = koffi.load(null);
  return {
    socket: libc.func('int socket(int, int, int)') as TcpCalls['socket'],
    bind: libc.func('int bind(int, const void *, uint32_t)') as TcpCalls['bind'],
    listen: libc.func('int listen(int, int)') as TcpCalls['listen'],
    accept4: libc.func('int accept4(int, void *, void *, int)') as TcpCalls['accept4'],
    connect: libc.func('int connect(int, const void *, uint32_t)') as TcpCalls['connect'],
    setsockopt: libc.func('int setsockopt(int, int, int, const void *, uint32_t)') as TcpCalls['setsockopt'],
    shutdown: libc.func('int shutdown(int, int)') as TcpCalls['shutdown'],
    close: libc.func('int close(int)') as TcpCalls['close'],
    pipe2: libc.func('int pipe2(void *, int)') as TcpCalls['pipe2'],
    fcntl: libc.func('int fcntl(int, int, int)') as TcpCalls['fcntl'],
    splice: libc.func('long splice(int, void *, int, void *, size_t, unsigned int)') as TcpCalls['splice'],
    send: libc.func('long send(int, const void *, size_t, int)') as TcpCalls['send'],
    recv: libc.func('long recv(int, void *, size_t, int)') as TcpCalls['recv'],
    epollCreate: libc.func('int epoll_create1(int)') as TcpCalls['epollCreate'],
    epollControl: libc.func('int epoll_ctl(int, int, int, void *)') as TcpCalls['epollControl'],
    epollWait: libc.func('int epoll_wait(int, void *, int, int)') as TcpCalls['epollWait'],
    errno: () => koffi.errno(),
  };
}
