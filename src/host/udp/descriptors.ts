/** System calls about descriptors: waiting for several, waking who waits, and finding and doubling them. */
import { readdirSync, readlinkSync } from 'node:fs';
import { AF_INET, AF_INET6, putSockaddr, SOCKADDR_WORDS } from './sockaddr.ts';
import type { UdpPeer } from './udpIo.ts';

const F_DUPFD_CLOEXEC = 1030;
const EFD_NONBLOCK = 0o4000;
const EFD_CLOEXEC = 0o2_000_000;
const SOL_SOCKET = 1;
const SO_TYPE = 3;
const SO_ACCEPTCONN = 30;
const SOCK_DGRAM = 2;

/** poll(2): something can be read. */
export const POLLIN = 1;
/** Something can be written. */
export const POLLOUT = 4;

/** As `Mmsg`: plain numbers, and -1 on failure. */
export interface Descriptors {
  /** `entries` are struct pollfd, two words each: the descriptor, and wanted events below what came of them. */
  poll(entries: Int32Array, count: number, timeoutMs: number): number;
  /** A second descriptor of the same open file. */
  duplicate(fd: number): number;
  /** A descriptor that can be read once somebody has signalled it. */
  makeSignal(): number;
  signal(fd: number): void;
  /** Takes the signal back. */
  unsignal(fd: number): void;
  close(fd: number): void;
  /** The descriptor of this process that reads the address by UDP, or listens there by TCP; -1 when there is none. */
  boundTo(address: UdpPeer, protocol?: 'udp' | 'tcp'): number;
}

/** Rejects where there is no native module for this machine. */
export async function loadDescriptors(): Promise<Descriptors> {
  const { default: koffi } = await import('koffi');
  const libc = koffi.load(null);
  const poll = libc.func('int poll(void *, unsigned long, int)') as Descriptors['poll'];
  const fcntl = libc.func('int fcntl(int, int, int)') as (
    fd: number,
    command: number,
    value: number,
  ) => number;
  const eventfd = libc.func('int eventfd(unsigned int, int)') as (value: number, flags: number) => number;
  const write = libc.func('long write(int, const void *, unsigned long)') as Transfer;
  const read = libc.func('long read(int, void *, unsigned long)') as Transfer;
  const getsockname = libc.func('int getsockname(int, void *, void *)') as (
    fd: number,
    name: Uint32Array,
    length: Uint32Array,
  ) => number;
  const getsockopt = libc.func('int getsockopt(int, int, int, void *, void *)') as SocketOption;
  const close = libc.func('int close(int)') as (fd: number) => number;
  const word = new BigUint64Array(1);
  return {
    poll,
    duplicate: (fd) => fcntl(fd, F_DUPFD_CLOEXEC, 0),
    makeSignal: () => eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
    signal: (fd) => {
      word[0] = 1n;
      write(fd, word, 8);
    },
    unsignal: (fd) => void read(fd, word, 8),
    close: (fd) => void close(fd),
    boundTo: (address, protocol = 'udp') => {
      const wanted = new Uint32Array(SOCKADDR_WORDS);
      putSockaddr(wanted, 0, address);
      const option = (fd: number, name: number): number => {
        const value = new Uint32Array(1);
        getsockopt(fd, SOL_SOCKET, name, value, Uint32Array.of(4));
        return value[0] ?? 0;
      };
      const isIt = (fd: number): boolean => {
        const name = new Uint32Array(32);
        if (getsockname(fd, name, Uint32Array.of(128)) !== 0 || !sameAddress(name, wanted)) return false;
        // A connection has the address of the listener that it came from.
        if (protocol === 'tcp') return option(fd, SO_ACCEPTCONN) === 1;
        return option(fd, SO_TYPE) === SOCK_DGRAM;
      };
      return ownSockets().find(isIt) ?? -1;
    },
  };
}

type Transfer = (fd: number, memory: BigUint64Array, octets: number) => number;
type SocketOption = (
  fd: number,
  level: number,
  name: number,
  value: Uint32Array,
  length: Uint32Array,
) => number;

function ownSockets(): number[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:') ? [Number(fd)] : [];
    } catch {
      // Closed meanwhile, as that of the folder itself.
      return [];
    }
  });
}

/** Flow labels and zones aside. */
function sameAddress(a: Uint32Array, b: Uint32Array): boolean {
  if (a[0] !== b[0]) return false;
  const family = (a[0] ?? 0) & 0xffff;
  const [from, to] = family === AF_INET ? [1, 2] : family === AF_INET6 ? [2, 6] : [0, 1];
  for (let word = from; word < to; word++) if (a[word] !== b[word]) return false;
  return true;
}
