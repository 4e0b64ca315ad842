/** What goes wrong with netlink. */
import { getSystemErrorMessage, getSystemErrorName } from 'node:util';

const EPERM = 1;

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
