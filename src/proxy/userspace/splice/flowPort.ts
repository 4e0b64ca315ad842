/** One Service port, as its connections see it. */
import type { Poller } from '../../../host/tcp/poller.ts';
import type { SocketName, Sockets } from '../../../host/tcp/sockets.ts';
import type { StreamHost } from '../../../host/tcp/stream.ts';
import type { Balancer, BalancerHost } from '../balancer.ts';
import type { Counting } from '../figures.ts';
import type { RelayEndpoint } from '../relay.ts';
import type { Timers } from './timers.ts';

/** What all connections of a thread share. */
export interface FlowHost extends BalancerHost {
  readonly sockets: Sockets;
  readonly poller: Poller;
  readonly streams: StreamHost;
  readonly timers: Timers;
}

export interface FlowPort {
  readonly host: FlowHost;
  readonly balancer: Pick<Balancer, 'order'>;
  readonly counts: Counting;
  nameOf(endpoint: RelayEndpoint): SocketName;
  /** It took the client's connection after so long. */
  reached(endpoint: RelayEndpoint, client: string, seconds: number): void;
  failed(endpoint: RelayEndpoint): void;
  /** The one at this place among the port's connections is over. */
  ended(index: number): void;
}
