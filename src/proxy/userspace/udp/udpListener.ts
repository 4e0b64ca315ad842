/** UDP of one Service port: a session for each client, as long as it is used. */
import type { UdpIo, UdpPeer, UdpSocket } from '../../../host/udp/udpIo.ts';
import { Balancer } from '../balancer.ts';
import { Tally } from '../figures.ts';
import type { ListenAt, RelayFigures, RelayTargets } from '../relay.ts';
import type { ListenerHost } from '../tcp/tcpListener.ts';
import { Session } from './session.ts';

export interface UdpHost extends ListenerHost {
  readonly udp: UdpIo;
  readonly udpIdleMs: number;
}

export class UdpListener {
  readonly #host: UdpHost;
  readonly #sessions: Map<string, Session> = new Map();
  readonly #tally: Tally = new Tally('UDP');
  readonly #balancer: Balancer;
  #targets: RelayTargets;
  #socket: UdpSocket | undefined;

  private constructor(host: UdpHost, targets: RelayTargets) {
    this.#host = host;
    this.#targets = targets;
    this.#balancer = new Balancer(host, targets);
  }

  /** Rejects with the system's error. */
  static async listen(
    { address, port }: ListenAt,
    targets: RelayTargets,
    host: UdpHost,
  ): Promise<UdpListener> {
    const listener = new UdpListener(host, targets);
    listener.#socket = await host.udp.bind(address, port, (packet, from) => listener.#receive(packet, from));
    return listener;
  }

  /** Sessions with endpoints that left end: the client's next packet begins a new one. */
  retarget(targets: RelayTargets): void {
    this.#targets = targets;
    this.#balancer.retarget(targets);
    this.#tally.keep(targets);
    for (const session of this.#sessions.values()) {
      if (session.endpoint !== undefined && !this.#balancer.has(session.endpoint)) session.end();
    }
  }

  figures(): RelayFigures {
    return this.#tally.figures(this.#targets.name, this.#balancer.suspended);
  }

  /** Nothing can be drained: what a client sends next is to go by the rules that replace this listener. */
  async close(): Promise<void> {
    for (const session of this.#sessions.values()) session.end();
    await this.#socket?.close();
  }

  #receive(packet: Uint8Array, { address, port }: UdpPeer): void {
    const key = `${address} ${port}`;
    const session = this.#sessions.get(key) ?? this.#begin(key, { address, port });
    // The listener's memory holds the next packet soon.
    session?.send(packet.slice());
  }

  #begin(key: string, from: UdpPeer): Session | undefined {
    const { clock, budget, udpIdleMs: idleMs } = this.#host;
    if (!budget.take(this.#targets.name)) {
      this.#tally.counts.refused += 1;
      return undefined;
    }
    this.#tally.counts.accepted += 1;
    this.#tally.counts.open += 1;
    const session = new Session({
      client: from.address,
      balancer: this.#balancer,
      tally: this.#tally,
      clock,
      idleMs,
      reply: (packet) => this.#socket?.send(packet, from),
      ended: () => {
        this.#tally.counts.open -= 1;
        budget.give();
        if (this.#sessions.get(key) === session) this.#sessions.delete(key);
      },
    });
    this.#sessions.set(key, session);
    session.start();
    return session;
  }
}
