/** TCP of one Service port: connections, each carried on its own, none in another's way. */
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock, Timer } from '../../../host/clock.ts';
import { Balancer, type BalancerHost } from '../balancer.ts';
import type { Budget } from '../budget.ts';
import { Tally } from '../figures.ts';
import type { ListenAt, RelayFigures, RelayTargets } from '../relay.ts';
import { Carried } from './carried.ts';
import { reset } from './reset.ts';

export interface ListenerHost extends BalancerHost {
  readonly clock: Clock;
  readonly budget: Budget;
}

export class TcpListener {
  readonly #host: ListenerHost;
  readonly #server: Server;
  readonly #carried: Set<Carried> = new Set();
  readonly #tally: Tally = new Tally('TCP');
  readonly #balancer: Balancer;
  #targets: RelayTargets;

  private constructor(host: ListenerHost, targets: RelayTargets) {
    this.#host = host;
    this.#targets = targets;
    this.#balancer = new Balancer(host, targets);
    // Nothing is read before an endpoint took the connection: what was read could not be sent to another one.
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) =>
      this.#accept(client),
    );
  }

  /** Rejects with the system's error. */
  static async listen(
    { address, port }: ListenAt,
    targets: RelayTargets,
    host: ListenerHost,
  ): Promise<TcpListener> {
    const listener = new TcpListener(host, targets);
    const server = listener.#server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port, ipv6Only: true, exclusive: true, backlog: 4096 }, () => {
        server.removeAllListeners('error');
        // EMFILE and its like: one connection is lost, the listener stays.
        server.on('error', () => undefined);
        resolve();
      });
    });
    return listener;
  }

  retarget(targets: RelayTargets): void {
    this.#targets = targets;
    this.#balancer.retarget(targets);
    this.#tally.keep(targets);
  }

  figures(): RelayFigures {
    const figures = this.#tally.figures(this.#targets.name, this.#balancer.suspended);
    let { bytesIn, bytesOut } = figures;
    for (const carried of this.#carried) {
      bytesIn += carried.bytesIn;
      bytesOut += carried.bytesOut;
    }
    return { ...figures, bytesIn, bytesOut };
  }

  async close(drainMs: number): Promise<void> {
    let timer: Timer | undefined;
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      timer = this.#host.clock.after(drainMs, () => this.#resetAll());
      if (drainMs === 0) this.#resetAll();
    });
    await closed;
    timer?.cancel();
  }

  #accept(client: Socket): void {
    const { clock, budget } = this.#host;
    if (!budget.take(this.#targets.name)) {
      this.#tally.counts.refused += 1;
      reset(client);
      return;
    }
    const carried = new Carried({
      client,
      balancer: this.#balancer,
      tally: this.#tally,
      clock,
      proxyProtocol: this.#targets.proxyProtocol,
    });
    this.#carried.add(carried);
    this.#tally.counts.accepted += 1;
    this.#tally.counts.open += 1;
    void carried.done.then(() => {
      this.#carried.delete(carried);
      this.#tally.counts.open -= 1;
      budget.give();
    });
  }

  #resetAll(): void {
    for (const carried of this.#carried) carried.reset();
  }
}
