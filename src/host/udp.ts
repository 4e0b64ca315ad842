/** UDP sockets. The only file that opens one for serving. */
import { createSocket, type Socket } from 'node:dgram';

export interface UdpPeer {
  readonly address: string;
  readonly port: number;
}

export interface UdpSocket {
  readonly port: number;
  /** Sends at once or drops, as the network would. The memory of `packet` is the socket's from here on. */
  send(packet: Uint8Array, to: UdpPeer): void;
  close(): Promise<void>;
}

/** A packet's memory is the receiver's only during the call: an implementation may fill it again afterwards. */
export type UdpReceiver = (packet: Uint8Array, from: UdpPeer, socket: UdpSocket) => void;

export interface UdpIo {
  /**
   * Binds exactly this address, so that what is sent leaves from it. Port 0 is any free port. Rejects with the
   * system's error.
   */
  bind(address: string, port: number, receive: UdpReceiver): Promise<UdpSocket>;
}

/** Bursts of queries wait here while the process is busy; the system may grant less. */
const RECEIVE_BUFFER = 4 << 20;

export const dgramIo: UdpIo = {
  bind: (address, port, receive) =>
    new Promise((resolve, reject) => {
      const socket = createSocket({
        ...(address.includes(':') ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' }),
        recvBufferSize: RECEIVE_BUFFER,
        // Peers are always addresses: a look-up would only put off the sending by a turn of the loop.
        lookup: (host, _options, done) => done(null, host, host.includes(':') ? 6 : 4),
      });
      socket.once('error', (error) => {
        socket.close();
        reject(error);
      });
      socket.bind({ address, port, exclusive: true }, () => {
        socket.removeAllListeners('error');
        // Errors of a bound socket are those of single packets, such as a peer that has gone.
        socket.on('error', () => undefined);
        const wrapped = wrap(socket);
        // Nobody can be at port 0, and trying to send there throws.
        socket.on('message', (packet, from) => {
          if (from.port !== 0) receive(packet, from, wrapped);
        });
        resolve(wrapped);
      });
    }),
};

function wrap(socket: Socket): UdpSocket {
  let open = true;
  return {
    port: socket.address().port,
    send: (packet, to) => {
      if (open) socket.send(packet, 0, packet.length, to.port, to.address);
    },
    close: () =>
      new Promise((resolve) => {
        if (!open) return resolve();
        open = false;
        socket.close(() => resolve());
      }),
  };
}
