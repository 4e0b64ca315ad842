/** Where the node answers names: its own addresses, and those of the DNS Service. */
import { formatSocketAddress } from '../config/address.ts';
import type { DnsService } from '../dns/service.ts';
import type { SocketAddress } from '../dns/settings.ts';
import type { Clock, Timer } from '../host/clock.ts';
import type { Log } from '../telemetry/log.ts';

const DNS_PORT = 53;
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 15_000;

/** What the kernel must do for this node to answer clusterIPs of the DNS Service itself. */
export interface ClusterIPClaim {
  /** Puts exactly these addresses on the node, so that they can be bound; gives up those it held beside them. */
  hold(addresses: readonly string[]): Promise<void>;
  /** Keeps queries to exactly these addresses on this node, for as long as the agent lives. */
  divert(addresses: readonly string[]): Promise<void>;
}

export interface WantedAddresses {
  readonly listen: readonly SocketAddress[];
  readonly clusterIPs: readonly string[];
}

export interface DnsEdgeOptions {
  readonly dns: Pick<DnsService, 'listen' | 'unlisten'>;
  readonly claim: ClusterIPClaim;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Brings what is served to what is wanted, one step after the other, and keeps trying: a node's address may come
 * up after the agent. A clusterIP is diverted last and given back first, so that no query meets a closed port.
 */
export class DnsEdge {
  readonly #options: DnsEdgeOptions;
  #wanted: WantedAddresses = { listen: [], clusterIPs: [] };
  #served = new Map<string, SocketAddress>();
  /** `undefined`: not known, as a killed agent may have left some. */
  #held: readonly string[] | undefined;
  #diverted: readonly string[] = [];
  #failures = new Map<string, string>();
  #work: Promise<void> = Promise.resolve();
  #queued = false;
  #retry: Timer | undefined;
  #retryMs = RETRY_MIN_MS;

  constructor(options: DnsEdgeOptions) {
    this.#options = options;
  }

  /** Asks for these addresses from now on. Resolves when they have been tried once. */
  want(wanted: WantedAddresses): Promise<void> {
    this.#wanted = wanted;
    this.#retryMs = RETRY_MIN_MS;
    return this.#run();
  }

  /** clusterIPs answered here. */
  get diverted(): readonly string[] {
    return this.#diverted;
  }

  /** What could not be served, one line each. */
  get failures(): string[] {
    return [...this.#failures].map(([what, error]) => `${what}: ${error}`);
  }

  /** Gives the clusterIPs back to the other nodes, then stops answering. */
  close(): Promise<void> {
    return this.want({ listen: [], clusterIPs: [] });
  }

  #run(): Promise<void> {
    this.#retry?.cancel();
    if (!this.#queued) {
      this.#queued = true;
      this.#work = this.#work.then(() => {
        this.#queued = false;
        return this.#reconcile(this.#wanted);
      });
    }
    return this.#work;
  }

  async #reconcile({ listen, clusterIPs }: WantedAddresses): Promise<void> {
    const { claim } = this.#options;
    const failures = new Map<string, string>();
    const attempt = async (what: string, step: () => Promise<void>): Promise<boolean> => {
      try {
        await step();
        return true;
      } catch (error) {
        failures.set(what, error instanceof Error ? error.message : String(error));
        return false;
      }
    };
    const divert = (addresses: readonly string[]): Promise<boolean> =>
      attempt('divert', async () => {
        if (same(addresses, this.#diverted)) return;
        await claim.divert(addresses);
        this.#diverted = addresses;
      });

    await divert(this.#diverted.filter((address) => clusterIPs.includes(address)));
    const places = new Map(
      [...listen, ...clusterIPs.map((address) => ({ address, port: DNS_PORT }))].map((place) => [
        formatSocketAddress(place),
        place,
      ]),
    );
    for (const [name, place] of this.#served) {
      if (!places.has(name)) await attempt(name, () => this.#unlisten(name, place));
    }
    const held = await attempt('clusterIPs', () => this.#hold(clusterIPs));
    for (const [name, place] of places) {
      if (!this.#served.has(name)) await attempt(name, () => this.#listen(name, place));
    }
    const answered = clusterIPs.filter((address) =>
      this.#served.has(formatSocketAddress({ address, port: DNS_PORT })),
    );
    if (held) await divert(answered);
    this.#conclude(failures);
  }

  async #hold(addresses: readonly string[]): Promise<void> {
    if (this.#held !== undefined && same(addresses, this.#held)) return;
    this.#held = undefined;
    await this.#options.claim.hold(addresses);
    this.#held = addresses;
  }

  async #listen(name: string, place: SocketAddress): Promise<void> {
    await this.#options.dns.listen(place);
    this.#served.set(name, place);
    this.#options.log.info({ address: name }, 'dns: answering');
  }

  async #unlisten(name: string, place: SocketAddress): Promise<void> {
    await this.#options.dns.unlisten(place);
    this.#served.delete(name);
    this.#options.log.info({ address: name }, 'dns: no longer answering');
  }

  #conclude(failures: Map<string, string>): void {
    const { log, clock } = this.#options;
    for (const [what, error] of failures) {
      if (this.#failures.get(what) === error) continue;
      log.warn({ address: what, error }, 'dns: cannot answer there yet; trying on');
    }
    this.#failures = failures;
    if (failures.size === 0) return;
    this.#retry = clock.after(this.#retryMs, () => void this.#run());
    this.#retryMs = Math.min(RETRY_MAX_MS, this.#retryMs * 2);
  }
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((address, i) => address === b[i]);
}
