/**
 * TCP sockets at the price of the system calls alone: `node:net` takes longer for a connection than the kernel does,
 * which would hide what is measured.
 */
import { isIPv4 } from 'node:net';
import koffi from 'koffi';

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_LINGER = 13;
const SO_REUSEPORT = 15;
const SO_SNDTIMEO = 21;
const SO_RCVTIMEO = 20;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const MSG_TRUNC = 0x20;
const MSG_NOSIGNAL = 0x4000;
const CONNECT_LIMIT_SECONDS = 5n;
const BACKLOG = 65_535;

const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int, int, int)') as (...args: number[]) => number;
const close = libc.func('int close(int)') as (fd: number) => number;
const setsockopt = libc.func('int setsockopt(int, int, int, const void *, int)') as (
  fd: number,
  level: number,
  name: number,
  value: Buffer,
  length: number,
) => number;
type AddressCall = (fd: number, address: Buffer, length: number) => number;
const bind = libc.func('int bind(int, const void *, int)') as AddressCall;
const connect = libc.func('int connect(int, const void *, int)') as AddressCall;
const listen = libc.func('int listen(int, int)') as (fd: number, backlog: number) => number;
type TransferCall = (fd: number, octets: Buffer | null, count: number, flags: number) => number;
const send = libc.func('long send(int, const void *, size_t, int)') as TransferCall;
const recv = libc.func('long recv(int, void *, size_t, int)') as TransferCall;
const accept = libc.func('int accept(int, void *, void *)') as (fd: number, ...none: null[]) => number;

const prctl = libc.func('int prctl(int, ulong)') as (option: number, value: number) => number;
const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;

/** For a program that sits in system calls and hears of nothing: however its parent ends, it ends too. */
export function dieWithParent(): void {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/** `l_onoff` 1, `l_linger` 0. */
const RESET_ON_CLOSE = Buffer.from(new Int32Array([1, 0]).buffer);
const CONNECT_LIMIT = Buffer.from(new BigInt64Array([CONNECT_LIMIT_SECONDS, 0n]).buffer);
const ONE = Buffer.from(new Int32Array([1]).buffer);

/** A `sockaddr_in`. */
export function socketAddress(address: string, port: number): Buffer {
  if (!isIPv4(address)) throw new Error(`not an IPv4 address: ${address}`);
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(address.split('.').map(Number), 4);
  return bytes;
}

/** Connects and resets; whether it could connect. A reset leaves no TIME_WAIT, so that ports never run out. */
export function connectOnce(to: Buffer): boolean {
  const fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) return false;
  setsockopt(fd, SOL_SOCKET, SO_LINGER, RESET_ON_CLOSE, RESET_ON_CLOSE.length);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, CONNECT_LIMIT, CONNECT_LIMIT.length);
  const connected = connect(fd, to, to.length) === 0;
  close(fd);
  return connected;
}

/** Listens on all addresses; several processes may share a port. */
export function listenOn(port: number): number {
  const fd = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, ONE, ONE.length);
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, ONE, ONE.length);
  const to = socketAddress('0.0.0.0', port);
  if (bind(fd, to, to.length) !== 0 || listen(fd, BACKLOG) !== 0) throw new Error(`cannot listen on ${port}`);
  return fd;
}

/** Waits for a connection. */
export function acceptNext(listener: number): number {
  return accept(listener, null, null);
}

/** A descriptor that is connected. */
export function connectTo(to: Buffer): number {
  const fd = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, ONE, ONE.length);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, CONNECT_LIMIT, CONNECT_LIMIT.length);
  if (fd < 0 || connect(fd, to, to.length) !== 0) throw new Error('cannot connect');
  return fd;
}

/** Waits until all of it is taken; false when the peer is gone. */
export function sendAll(fd: number, octets: Buffer): boolean {
  return send(fd, octets, octets.length, MSG_NOSIGNAL) === octets.length;
}

/** Waits for octets, and gives how many there were: 0 at the end, below at an error. */
export function receive(fd: number, into: Buffer): number {
  return recv(fd, into, into.length, 0);
}

/** As `receive`, and the kernel throws them away. */
export function discard(fd: number, most: number): number {
  return recv(fd, null, most, MSG_TRUNC);
}

export function closeSocket(fd: number): void {
  close(fd);
}

/** Waits for a connection and closes it. */
export function acceptOnce(listener: number): void {
  const fd = accept(listener, null, null);
  if (fd >= 0) close(fd);
}
