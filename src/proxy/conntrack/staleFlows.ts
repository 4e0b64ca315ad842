/**
 * Which UDP flows no longer lead where the Services say. UDP has no end that conntrack could see: a client that
 * keeps its socket would be carried to an endpoint that is gone for as long as it sends.
 */
import type { ServiceEntry } from '../../catalog/picture.ts';
import { endpointsOfPort } from '../../catalog/selection.ts';
import type { Service, ServicePort } from '../../catalog/service.ts';
import { type Family, familyOf } from '../../net/ip.ts';
import { formatSocketAddress } from '../../net/socketAddress.ts';
import type { Flow } from './flowTable.ts';

/** The serving endpoints of a port, as `PortEndpoint.text`; empty: nobody serves, so its flows are left alone. */
type Serving = ReadonlySet<string>;

/** Whether the Service has a UDP port that is routed: without one, no flow is its own. */
export function routesUdp({ service }: ServiceEntry): boolean {
  return service.routed && service.ports.some(isUdp);
}

/** What leads where in one family. */
export class StaleFlows {
  /** By port, then by address: most flows of a node are ruled out by their port alone. */
  readonly #byAddress = new Map<number, Map<string, Serving>>();
  readonly #byNodePort = new Map<number, Serving>();
  readonly #family: Family;
  readonly #isRelay: (text: string) => boolean;
  #serving = false;

  /** `isRelay`: whether a relay of ours listens there, which decides on endpoints itself. */
  constructor(family: Family, isRelay: (text: string) => boolean = () => false) {
    this.#family = family;
    this.#isRelay = isRelay;
  }

  /** Nothing serves, so nothing can be stale. */
  get empty(): boolean {
    return !this.#serving;
  }

  add({ service, groups }: ServiceEntry): void {
    const addresses = this.#addressesOf(service);
    if (!service.routed || !service.clusterIPs.some((address) => this.#isOurs(address))) return;
    for (const port of service.ports.filter(isUdp)) {
      // Serving is all that counts. An endpoint that policies or topology keep this node from, or that is
      // terminating, still answers: its flows are connections that live.
      const endpoints = endpointsOfPort(groups, this.#family, port.name, port.protocol);
      const serving = new Set(endpoints.filter((one) => one.serving).map(({ text }) => text));
      if (serving.size > 0) this.#serving = true;
      const here = this.#byAddress.get(port.port) ?? new Map<string, Serving>();
      for (const address of addresses) here.set(address, serving);
      this.#byAddress.set(port.port, here);
      if (port.nodePort !== 0) this.#byNodePort.set(port.nodePort, serving);
    }
  }

  /**
   * A flow to a Service's address and port belongs to that Service, even if the number is also somebody's NodePort.
   * A NodePort is told by its number alone: which addresses are this node's may have changed since the flow began.
   */
  readonly isStale = (flow: Flow): boolean => {
    const { destinationPort } = flow;
    const serving =
      this.#byAddress.get(destinationPort)?.get(flow.destination) ?? this.#byNodePort.get(destinationPort);
    if (serving === undefined || serving.size === 0) return false;
    const text = formatSocketAddress({ address: flow.replySource, port: flow.replySourcePort });
    return !serving.has(text) && !this.#isRelay(text);
  };

  #addressesOf({ clusterIPs, externalIPs, loadBalancerVIPs }: Service): readonly string[] {
    return [...clusterIPs, ...externalIPs, ...loadBalancerVIPs].filter((address) => this.#isOurs(address));
  }

  #isOurs(address: string): boolean {
    return familyOf(address) === this.#family;
  }
}

function isUdp({ protocol }: ServicePort): boolean {
  return protocol === 'UDP';
}
