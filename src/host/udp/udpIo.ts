/** UDP sockets, as servers use them. */

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

/**
 * `packet` and `from` are the receiver's only during the call: an implementation may fill both again afterwards. To
 * answer later, copy the address and the port.
 */
export type UdpReceiver = (packet: Uint8Array, from: UdpPeer, socket: UdpSocket) => void;

export interface UdpIo {
  /**
   * Binds exactly this address, so that what is sent leaves from it. Port 0 is any free port. Rejects with the
   * system's error.
   */
  bind(address: string, port: number, receive: UdpReceiver): Promise<UdpSocket>;
}

/** Octets of the system's buffer: bursts wait there while the process is busy. The system may grant less. */
export const RECEIVE_BUFFER: number = 4 << 20;
