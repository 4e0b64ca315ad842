/** Where the Services of one family and protocol are reached, and who serves there. */
import type { ServiceEntry } from '../../catalog/picture.ts';
import { endpointsOfPort } from '../../catalog/selection.ts';
import type { Service } from '../../catalog/service.ts';
import { type Family, familyOf } from '../../net/ip.ts';
import type { Flow, FlowProtocol } from './flowTable.ts';

/** The serving endpoints of a port, as `PortEndpoint.text`; empty: nobody serves, so its flows are left alone. */
type Serving = ReadonlySet<string>;

/** Whether the Service has a port of the protocol that is routed: without one, no flow is its own. */
export function routes(protocol: FlowProtocol, { service }: ServiceEntry): boolean {
  return service.routed && service.ports.some((port) => port.protocol === protocol);
}

export class ServedPorts {
  /** By port, then by address: most flows of a node are ruled out by their port alone. */
  readonly #byAddress = new Map<number, Map<string, Serving>>();
  readonly #byNodePort = new Map<number, Serving>();
  readonly #family: Family;
  readonly #protocol: FlowProtocol;
  #serving = false;

  constructor(family: Family, protocol: FlowProtocol) {
    this.#family = family;
    this.#protocol = protocol;
  }

  /** Nobody serves anywhere. */
  get empty(): boolean {
    return !this.#serving;
  }

  add({ service, groups }: ServiceEntry): void {
    const addresses = this.#addressesOf(service);
    if (!service.routed || !service.clusterIPs.some((address) => this.#isOurs(address))) return;
    for (const port of service.ports) {
      if (port.protocol !== this.#protocol) continue;
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

  /** At the address and port that the flow was sent to, unless that is a NodePort. */
  atAddressOf(flow: Flow): Serving | undefined {
    return this.#byAddress.get(flow.destinationPort)?.get(flow.destination);
  }

  atNodePort(port: number): Serving | undefined {
    return this.#byNodePort.get(port);
  }

  #addressesOf({ clusterIPs, externalIPs, loadBalancerVIPs }: Service): readonly string[] {
    return [...clusterIPs, ...externalIPs, ...loadBalancerVIPs].filter((address) => this.#isOurs(address));
  }

  #isOurs(address: string): boolean {
    return familyOf(address) === this.#family;
  }
}
