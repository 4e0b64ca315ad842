/**
 * Which TCP flows the kernel took for nobody's while rules were missing. It asks its rules about the first packet of a
 * flow only: until the entry ends, for two minutes after each SYN, every other one goes untranslated too, those of a new
 * connection from the same port among them.
 */
import type { ServiceEntry } from '../../catalog/picture.ts';
import type { Family } from '../../net/ip.ts';
import { formatSocketAddress } from '../../net/socketAddress.ts';
import type { Flow } from './flowTable.ts';
import { ServedPorts } from './servedPorts.ts';

/** What should have been translated in one family. */
export class UntranslatedFlows {
  readonly #ports: ServedPorts;
  readonly #dnsService: string;

  /** `dnsService` as `ProxySettings` has it: this node answers there itself, so nothing translates what it is sent. */
  constructor(family: Family, dnsService: string) {
    this.#ports = new ServedPorts(family, 'TCP');
    this.#dnsService = dnsService;
  }

  /** Nothing serves, so nothing should have been translated. */
  get empty(): boolean {
    return this.#ports.empty;
  }

  add(entry: ServiceEntry): void {
    if (entry.service.key !== this.#dnsService) this.#ports.add(entry);
  }

  /**
   * A flow that was answered is somebody's connection, and lives. An endpoint may have the Service's own address and
   * port, as one in the host's network behind an externalIP: its flows look untranslated and are right. Those to a
   * NodePort are not remembered: this node itself resets them, which ends the entry.
   */
  readonly isStale = (flow: Flow): boolean => {
    if (flow.answered || flow.replySourcePort !== flow.destinationPort) return false;
    const serving = this.#ports.atAddressOf(flow);
    if (serving === undefined || serving.size === 0 || flow.replySource !== flow.destination) return false;
    return !serving.has(formatSocketAddress({ address: flow.replySource, port: flow.replySourcePort }));
  };
}
