/**
 * Which UDP flows no longer lead where the Services say. UDP has no end that conntrack could see: a client that
 * keeps its socket would be carried to an endpoint that is gone for as long as it sends.
 */
import type { ServiceEntry } from '../../catalog/picture.ts';
import type { Family } from '../../net/ip.ts';
import { formatSocketAddress } from '../../net/socketAddress.ts';
import type { Flow } from './flowTable.ts';
import { ServedPorts } from './servedPorts.ts';

/** What leads where in one family. */
export class StaleFlows {
  readonly #ports: ServedPorts;
  readonly #isRelay: (text: string) => boolean;

  /** `isRelay`: whether a relay of ours listens there, which decides on endpoints itself. */
  constructor(family: Family, isRelay: (text: string) => boolean = () => false) {
    this.#ports = new ServedPorts(family, 'UDP');
    this.#isRelay = isRelay;
  }

  /** Nothing serves, so nothing can be stale. */
  get empty(): boolean {
    return this.#ports.empty;
  }

  add(entry: ServiceEntry): void {
    this.#ports.add(entry);
  }

  /**
   * A flow to a Service's address and port belongs to that Service, even if the number is also somebody's NodePort.
   * A NodePort is told by its number alone: which addresses are this node's may have changed since the flow began.
   */
  readonly isStale = (flow: Flow): boolean => {
    const serving = this.#ports.atAddressOf(flow) ?? this.#ports.atNodePort(flow.destinationPort);
    if (serving === undefined || serving.size === 0) return false;
    const text = formatSocketAddress({ address: flow.replySource, port: flow.replySourcePort });
    return !serving.has(text) && !this.#isRelay(text);
  };
}
