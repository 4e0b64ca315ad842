/** Sockets that an earlier process has bound and goes on reading for a while: whoever takes one reads it beside. */
import type { Descriptors } from './udp/descriptors.ts';
import { adoptDgram } from './udp/dgramUdp.ts';
import type { SharedSystem } from './udp/sharedSocket.ts';
import type { UdpIo } from './udp/udpIo.ts';

const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;

/** How a socket is called between processes. */
export interface SocketName {
  readonly protocol: 'udp' | 'tcp';
  /** Canonical. */
  readonly address: string;
  readonly port: number;
}

export interface NamedSocket extends SocketName {
  readonly fd: number;
}

export class InheritedSockets {
  #system: SharedSystem | undefined;
  readonly #fds = new Map<string, number>();

  /** Takes these in; they are this object's to close from here on. */
  add(system: SharedSystem, sockets: readonly NamedSocket[]): void {
    this.#system = system;
    for (const one of sockets) this.#fds.set(keyOf(one), one.fd);
  }

  /** Binds with `io` what was not inherited. */
  udp(io: UdpIo): UdpIo {
    return {
      bind: (address, port, receive) => {
        const fd = this.#take({ protocol: 'udp', address, port });
        if (fd === undefined) return io.bind(address, port, receive);
        const socket = adoptDgram(fd, address.includes(':') ? 6 : 4, receive);
        this.#system?.mmsg.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, Int32Array.of(0), 4);
        return Promise.resolve(socket);
      },
    };
  }

  /** Where a `Server` is to listen, if it was inherited. */
  tcp(address: string, port: number): { readonly fd: number } | undefined {
    const fd = this.#take({ protocol: 'tcp', address, port });
    return fd === undefined ? undefined : { fd };
  }

  /** Closes what nobody took. */
  close(): void {
    for (const fd of this.#fds.values()) this.#system?.descriptors.close(fd);
    this.#fds.clear();
  }

  #take(name: SocketName): number | undefined {
    const fd = this.#fds.get(keyOf(name));
    this.#fds.delete(keyOf(name));
    return fd;
  }
}

/** The sockets of this process on these addresses, to be handed on while it goes on reading them. */
export function socketsOn(
  descriptors: Descriptors,
  addresses: readonly { readonly address: string; readonly port: number }[],
): NamedSocket[] {
  return addresses.flatMap(({ address, port }) =>
    (['udp', 'tcp'] as const).flatMap((protocol) => {
      const fd = descriptors.boundTo({ address, port }, protocol);
      return fd < 0 ? [] : [{ protocol, address, port, fd }];
    }),
  );
}

function keyOf({ protocol, address, port }: SocketName): string {
  return `${protocol} ${address} ${port}`;
}
