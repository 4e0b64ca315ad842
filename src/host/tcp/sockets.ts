/** TCP sockets by their descriptors. None of these calls waits. */
import { systemError } from '../udp/mmsg.ts';
import { AF_INET, AF_INET6, putSockaddr, SOCKADDR_WORDS, sockaddrBytes } from '../udp/sockaddr.ts';
import type { OwnedFiles } from './ownedFiles.ts';
import type { TcpCalls } from './tcpCalls.ts';

const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2_000_000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_KEEPALIVE = 9;
const SO_LINGER = 13;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const TCP_KEEPCNT = 6;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const SHUT_RD = 0;
const SHUT_WR = 1;
const MSG_NOSIGNAL = 0x4000;
const MSG_DONTWAIT = 0x40;

const EINTR = 4;
const ECONNABORTED = 103;
const EINPROGRESS = 115;

/** Peers that vanish without a word, a pod whose node lost power for one, are noticed after two minutes. */
const KEEP_ALIVE: readonly (readonly [level: number, name: number, value: number])[] = [
  [SOL_SOCKET, SO_KEEPALIVE, 1],
  [IPPROTO_TCP, TCP_KEEPIDLE, 30],
  [IPPROTO_TCP, TCP_KEEPINTVL, 15],
  [IPPROTO_TCP, TCP_KEEPCNT, 6],
];

const BACKLOG = 4096;

/** An address as the kernel takes it. */
export interface SocketName {
  readonly words: Uint32Array;
  readonly octets: number;
}

export function socketName(address: string, port: number): SocketName {
  const words = new Uint32Array(SOCKADDR_WORDS);
  putSockaddr(words, 0, { address, port });
  return { words, octets: sockaddrBytes(address.includes(':') ? AF_INET6 : AF_INET) };
}

/** A descriptor that listens; throws the system's error. What it accepts has its options (Linux copies them). */
export function openListening(calls: TcpCalls, address: string, port: number): number {
  const family = address.includes(':') ? AF_INET6 : AF_INET;
  const fd = calls.socket(family, SOCK_STREAM + SOCK_NONBLOCK + SOCK_CLOEXEC, 0);
  if (fd < 0) throw systemError('socket', calls.errno(), 'tcp');
  const one = Int32Array.of(1);
  calls.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, one, 4);
  if (family === AF_INET6) calls.setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, one, 4);
  calls.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, one, 4);
  keepAlive(calls, fd);
  const name = socketName(address, port);
  if (calls.bind(fd, name.words, name.octets) === 0 && calls.listen(fd, BACKLOG) === 0) return fd;
  const error = systemError('listen', calls.errno(), `${address}:${port}`);
  calls.close(fd);
  throw error;
}

/** Refuses new connections from here on, whoever else has the descriptor. */
export function stopListening(calls: TcpCalls, fd: number): void {
  calls.shutdown(fd, SHUT_RD);
}

/** Closes so that the peer sees a reset; no harm to what is no socket. */
export function resetSocket(calls: TcpCalls, fd: number): void {
  calls.setsockopt(fd, SOL_SOCKET, SO_LINGER, Int32Array.of(1, 0), 8);
  calls.close(fd);
}

function keepAlive(calls: TcpCalls, fd: number): void {
  for (const [level, name, value] of KEEP_ALIVE) {
    calls.setsockopt(fd, level, name, Int32Array.of(value), 4);
  }
}

export class Sockets {
  /** Who was accepted last. */
  readonly peer: Uint32Array = new Uint32Array(SOCKADDR_WORDS);
  readonly #calls: TcpCalls;
  readonly #owned: OwnedFiles;
  readonly #peerOctets: Uint32Array = new Uint32Array(1);
  readonly #one: Int32Array = Int32Array.of(1);

  constructor(calls: TcpCalls, owned: OwnedFiles) {
    this.#calls = calls;
    this.#owned = owned;
  }

  /** The next connection that waits; -1 with an errno when there is none. */
  accept(listening: number): number {
    for (;;) {
      this.#peerOctets[0] = 4 * SOCKADDR_WORDS;
      const flags = SOCK_NONBLOCK + SOCK_CLOEXEC;
      const fd = this.#calls.accept4(listening, this.peer, this.#peerOctets, flags);
      if (fd >= 0) this.#owned.add(fd);
      else if ([EINTR, ECONNABORTED].includes(this.#calls.errno())) continue;
      return fd;
    }
  }

  /** A descriptor that connects, or will; -1 where that is known to fail. */
  connect({ words, octets }: SocketName): number {
    const family = (words[0] ?? 0) & 0xffff;
    const fd = this.#calls.socket(family, SOCK_STREAM + SOCK_NONBLOCK + SOCK_CLOEXEC, 0);
    if (fd < 0) return fd;
    this.#owned.add(fd);
    this.#calls.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, this.#one, 4);
    if (this.#calls.connect(fd, words, octets) === 0 || this.#calls.errno() === EINPROGRESS) return fd;
    this.close(fd);
    return -1;
  }

  /** Not done at once: a short connection is over before it could matter, and it takes four calls. */
  keepAlive(fd: number): void {
    keepAlive(this.#calls, fd);
  }

  /** Whether the socket took all of it, as a new one does. */
  send(fd: number, octets: Uint8Array): boolean {
    return this.#calls.send(fd, octets, octets.length, MSG_NOSIGNAL | MSG_DONTWAIT) === octets.length;
  }

  /** The peer sees the end of what we send. */
  end(fd: number): void {
    this.#calls.shutdown(fd, SHUT_WR);
  }

  close(fd: number): void {
    this.#owned.remove(fd);
    this.#calls.close(fd);
  }

  reset(fd: number): void {
    this.#owned.remove(fd);
    resetSocket(this.#calls, fd);
  }

  errno(): number {
    return this.#calls.errno();
  }
}
