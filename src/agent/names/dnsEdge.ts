/** Where the node answers names: its own addresses, and those of the DNS Service. */
import type { NodeDns } from '../../dns/node/createNodeDns.ts';
import type { DnsService } from '../../dns/service.ts';
import { messageOf } from '../../errors/caught.ts';
import type { Clock, Timer } from '../../host/clock.ts';
import { formatSocketAddress, type SocketAddress } from '../../net/socketAddress.ts';
import type { Log } from '../../telemetry/log.ts';
import { isWildcard, listenPlaces } from './listenPlaces.ts';

const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 30_000;
/** Where every address is served, how often to look for others. */
const LOOK_MS = 10_000;

export interface WantedAddresses {
  readonly listen: readonly SocketAddress[];
  /** Addresses that this node puts on `lo`: the DNS Service's clusterIPs, and those of this node alone. */
  readonly own: readonly string[];
}

export interface DnsEdgeOptions {
  readonly dns: Pick<DnsService, 'listen' | 'unlisten'>;
  readonly node: Pick<NodeDns, 'claim' | 'release' | 'rest' | 'leave'>;
  /** All addresses of the node at this time. */
  readonly localAddresses: () => Promise<readonly string[]>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Brings what is served to what is wanted, and keeps trying: a node's address may come up after the agent. */
export class DnsEdge {
  readonly #options: DnsEdgeOptions;
  #wanted: WantedAddresses = { listen: [], own: [] };
  readonly #served = new Map<string, SocketAddress>();
  /** `undefined`: not known, as a killed agent may have left some. */
  #claimed: readonly string[] | undefined;
  #failures: ReadonlyMap<string, string> = new Map();
  #work: Promise<void> = Promise.resolve();
  #queued = false;
  #retry: Timer | undefined;
  #retryMs = RETRY_MIN_MS;
  #released = false;

  constructor(options: DnsEdgeOptions) {
    this.#options = options;
  }

  /** Asks for these addresses from now on. Resolves when each has been tried once. */
  want(wanted: WantedAddresses): Promise<void> {
    this.#wanted = wanted;
    this.#retryMs = RETRY_MIN_MS;
    return this.#run();
  }

  /** Of its own addresses, those answered here. */
  get claimed(): readonly string[] {
    return this.#claimed ?? [];
  }

  /** What could not be served, one line each. */
  get failures(): string[] {
    return [...this.#failures].map(([what, error]) => `${what}: ${error}`);
  }

  /** Sends queries to the other nodes. Sockets stay open, for those under way. */
  async release(): Promise<void> {
    await this.#end();
    await this.#options.node.release();
  }

  /** Answers on where it does, for as long as it takes another agent to answer there. */
  async rest(): Promise<void> {
    await this.#end();
    await this.#options.node.rest();
  }

  /** The other agent answers. */
  leave(): Promise<void> {
    return this.#options.node.leave();
  }

  async #end(): Promise<void> {
    this.#released = true;
    await this.#work;
    this.#retry?.cancel();
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

  async #reconcile({ listen, own }: WantedAddresses): Promise<void> {
    if (this.#released) return;
    const failures = new Map<string, string>();
    const local = listen.some(isWildcard) ? await this.#options.localAddresses() : [];
    const places = new Map(
      listenPlaces(listen, local, own).map((place) => [formatSocketAddress(place), place]),
    );
    for (const [name, place] of this.#served) {
      if (places.has(name)) continue;
      this.#served.delete(name);
      await this.#options.dns.unlisten(place);
    }
    for (const [name, place] of places) {
      if (this.#served.has(name)) continue;
      try {
        await this.#options.dns.listen(place);
        this.#served.set(name, place);
      } catch (error) {
        failures.set(name, messageOf(error));
      }
    }
    if (!same(own, this.#claimed)) this.#claimed = await this.#options.node.claim(own);
    for (const address of own) {
      if (!this.claimed.includes(address)) failures.set(address, 'not answered on this node');
    }
    this.#conclude(failures);
  }

  #conclude(failures: ReadonlyMap<string, string>): void {
    const { log, clock } = this.#options;
    for (const [address, error] of failures) {
      if (this.#failures.get(address) === error) continue;
      log.warn({ address, error }, 'dns: cannot answer there yet; trying on');
    }
    this.#failures = failures;
    if (this.#released) return;
    if (failures.size > 0) {
      this.#retry = clock.after(this.#retryMs, () => void this.#run());
      this.#retryMs = Math.min(RETRY_MAX_MS, this.#retryMs * 2);
    } else if (this.#wanted.listen.some(isWildcard)) {
      this.#retry = clock.after(LOOK_MS, () => void this.#run());
    }
  }
}

function same(a: readonly string[], b: readonly string[] | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((address, i) => address === b[i]);
}
