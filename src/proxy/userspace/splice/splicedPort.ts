/** TCP of one Service port on the thread that carries: takes connections in batches, and lets each go its way. */
import { addressAt, portAt } from '../../../host/udp/sockaddr.ts';
import type { Watcher } from '../../../host/tcp/poller.ts';
import { type SocketName, socketName } from '../../../host/tcp/sockets.ts';
import type { Histogram } from '../../../telemetry/metric.ts';
import { Balancer } from '../balancer.ts';
import type { Budget } from '../budget.ts';
import type { Counting } from '../figures.ts';
import type { RelayEndpoint } from '../relay.ts';
import { proxyHeader } from '../tcp/proxyHeader.ts';
import { EndpointMemory } from './endpointMemory.ts';
import { type Arrived, Flow } from './flow.ts';
import type { FlowHost, FlowPort } from './flowPort.ts';
import type { ListenOrder, Retarget } from './messages.ts';
import { PortMemory } from './portMemory.ts';
import { Timed } from './timers.ts';

/** Connections taken before those that are carried have their turn. */
const BATCH = 64;
const EAGAIN = 11;
const EINVAL = 22;
/** With no descriptor left a connection stays in the kernel's queue, and no event tells when there is one again. */
const RETRY_MS = 100;

export interface SplicedPortHost extends FlowHost {
  readonly budget: Budget;
  /** Carries out orders that were given before now. */
  readonly obey: () => void;
}

export class SplicedPort extends Timed implements FlowPort, Watcher {
  readonly host: SplicedPortHost;
  readonly balancer: Balancer;
  readonly counts: Counting;
  readonly #dials: Histogram;
  readonly #fd: number;
  readonly #at: ListenOrder['at'];
  /** In no order. */
  readonly #flows: Flow[] = [];
  readonly #names: WeakMap<RelayEndpoint, SocketName> = new WeakMap();
  readonly #closed: () => void;
  #targets: ListenOrder['targets'];
  #endpoints: EndpointMemory;
  #closing = false;

  /** @param closed called when it was closed and nothing is carried any more */
  constructor(
    { fd, at, targets, endpoints, memory }: ListenOrder,
    host: SplicedPortHost,
    closed: () => void,
  ) {
    super();
    this.host = host;
    this.#fd = fd;
    this.#at = at;
    this.#closed = closed;
    this.#targets = targets;
    const { counts, dials } = new PortMemory(memory);
    this.counts = counts;
    this.#dials = dials;
    this.balancer = new Balancer(host, targets);
    this.#endpoints = new EndpointMemory(targets.endpoints, endpoints);
    host.poller.watch(fd, this);
  }

  retarget({ targets, endpoints }: Omit<Retarget, 'port'>): void {
    this.#targets = targets;
    this.balancer.retarget(targets);
    const before = this.#endpoints;
    this.#endpoints = new EndpointMemory(targets.endpoints, endpoints);
    this.#endpoints.take(before);
  }

  close(drainMs: number): void {
    this.#closing = true;
    this.host.timers.stop(this);
    this.host.poller.leave(this.#fd, this);
    if (this.#flows.length === 0) return this.#closed();
    if (drainMs > 0) this.host.timers.start(this, drainMs);
    else this.#resetAll();
  }

  ready(): void {
    const { sockets, poller, timers, obey } = this.host;
    for (let i = 0; i < BATCH && !this.#closing; i++) {
      const fd = sockets.accept(this.#fd);
      if (fd >= 0) {
        obey();
        this.#take(fd);
        continue;
      }
      // It listens no more: an order that says so is on its way.
      if (![EAGAIN, EINVAL].includes(sockets.errno())) timers.start(this, RETRY_MS);
      return;
    }
    if (!this.#closing) poller.again(this);
  }

  override expire(): void {
    if (this.#closing) this.#resetAll();
    else this.ready();
  }

  nameOf(endpoint: RelayEndpoint): SocketName {
    const known = this.#names.get(endpoint);
    if (known !== undefined) return known;
    const name = socketName(endpoint.address, endpoint.port);
    this.#names.set(endpoint, name);
    return name;
  }

  reached(endpoint: RelayEndpoint, client: string, seconds: number): void {
    this.balancer.reached(endpoint, client);
    this.#endpoints.reached(endpoint.text, seconds);
    this.#dials.observe(seconds);
  }

  failed(endpoint: RelayEndpoint): void {
    this.balancer.failed(endpoint);
    this.#endpoints.failed(endpoint.text, this.balancer.suspendedUntil(endpoint.text));
  }

  ended(index: number): void {
    const last = this.#flows.pop();
    if (last !== undefined && last.index !== index) {
      this.#flows[index] = last;
      last.index = index;
    }
    this.counts.open -= 1;
    this.host.budget.give();
    if (this.#closing && this.#flows.length === 0) {
      this.host.timers.stop(this);
      this.#closed();
    }
  }

  #take(fd: number): void {
    const { sockets, budget } = this.host;
    if (this.#closing) return sockets.reset(fd);
    if (!budget.take(this.#targets.name)) {
      this.counts.refused += 1;
      return sockets.reset(fd);
    }
    const flow = new Flow(this, this.#arrived(fd));
    flow.index = this.#flows.push(flow) - 1;
    flow.start();
  }

  /** Its address is made text only for those who use it. */
  #arrived(fd: number): Arrived {
    const { affinitySeconds, proxyProtocol } = this.#targets;
    if (affinitySeconds === 0 && !proxyProtocol) return { fd, address: '', header: undefined };
    const { peer } = this.host.sockets;
    const address = addressAt(peer, 0);
    const ends = {
      remoteAddress: address,
      remotePort: portAt(peer, 0),
      localAddress: this.#at.address,
      localPort: this.#at.port,
    };
    return { fd, address, header: proxyProtocol ? proxyHeader(ends) : undefined };
  }

  #resetAll(): void {
    // Each takes itself out.
    while (this.#flows.length > 0) this.#flows.at(-1)?.reset();
  }
}
