/** One address, answered on UDP and TCP. */
import type { Clock } from '../../../host/clock.ts';
import type { UdpReceiver, UdpSocket } from '../../../host/udp/udpIo.ts';
import type { SocketAddress } from '../../../net/socketAddress.ts';
import { MAX_MESSAGE } from '../../wire/codes.ts';
import { OWN_UDP_SIZE } from '../../wire/edns.ts';
import type { Gate } from '../limits/gate.ts';
import type { Link } from '../readyReplies.ts';
import type { Responder } from '../responder.ts';
import { listenTcp, type TcpListener, type TcpPlace } from './tcpListener.ts';

/** Where a reply cannot leave the node, it cannot be cut into fragments and lost: clients may have larger ones. */
const NODE_LOCAL_UDP_SIZE = 4096;
const NODE_LOCAL = /^(127\.|169\.254\.|::1$|fe[89ab])/;
/** With port 0, the port that UDP got may be taken on TCP. */
const PORT_ATTEMPTS = 10;

export interface Listener {
  readonly address: SocketAddress;
  /** Accepts no more connections; resolves when those that there are have ended. */
  retire(): Promise<void>;
  close(): Promise<void>;
}

/** As `UdpIo.bind`; the link is told to whoever else answers there. */
export type BindUdp = (address: string, port: number, link: Link, receive: UdpReceiver) => Promise<UdpSocket>;

export interface ListenerParts {
  readonly responder: Responder;
  readonly bind: BindUdp;
  /** Where to listen by TCP instead, if anywhere. */
  readonly inheritedTcp?: ((address: string, port: number) => TcpPlace | undefined) | undefined;
  readonly clock: Clock;
  /** What comes by UDP is held against its limit; no limit, if absent. */
  readonly gate?: Gate | undefined;
}

export async function openListener(address: SocketAddress, parts: ListenerParts): Promise<Listener> {
  for (let attempt = 1; ; attempt++) {
    const udp = await openUdp(address, parts);
    try {
      const tcp = await openTcp({ address: address.address, port: udp.port }, parts);
      return {
        address: { address: address.address, port: udp.port },
        retire: () => tcp.retire(),
        close: async () => void (await Promise.all([udp.close(), tcp.close()])),
      };
    } catch (error) {
      await udp.close();
      if (address.port !== 0 || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

function openUdp(
  { address, port }: SocketAddress,
  { responder, bind, gate }: ListenerParts,
): Promise<UdpSocket> {
  const limit = NODE_LOCAL.test(address) ? NODE_LOCAL_UDP_SIZE : OWN_UDP_SIZE;
  const link: Link = { protocol: 0, family: familyIndex(address), limit };
  return bind(address, port, link, (packet, from, socket) => {
    const mayAsk = gate === undefined || gate.allows(from.address);
    const reply = mayAsk ? responder.respond(packet, link, from) : gate.turnAway(packet);
    if (reply instanceof Promise) {
      const peer = { address: from.address, port: from.port };
      void reply.then((late) => late && socket.send(late, peer));
    } else if (reply !== undefined) socket.send(reply, from);
  });
}

function openTcp(
  { address, port }: SocketAddress,
  { responder, inheritedTcp, clock }: ListenerParts,
): Promise<TcpListener> {
  const link: Link = { protocol: 1, family: familyIndex(address), limit: MAX_MESSAGE };
  const place = inheritedTcp?.(address, port) ?? { host: address, port };
  return listenTcp(place, clock, (query, client) => responder.respond(query, link, client));
}

function familyIndex(address: string): 0 | 1 {
  return address.includes(':') ? 1 : 0;
}
