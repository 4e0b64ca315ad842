/** Health-check node ports: one listener for each Service that has one, on each address that answers NodePorts. */
import type { ServiceEntry } from '../../catalog/picture.ts';
import { messageOf } from '../../errors/caught.ts';
import type { HttpListener, ListenHttp } from '../../host/httpListener.ts';
import type { Problem } from '../../kube/problem.ts';
import type { Family } from '../../net/ip.ts';
import type { SyncReport } from '../backend.ts';
import { nodePortAddresses, restrictsNodePorts } from '../nodePorts.ts';
import type { NodePortRanges } from '../settings.ts';
import type { Synced, SyncListener } from '../syncer.ts';
import { healthAnswer } from './healthAnswer.ts';
import { type HealthCheck, healthCheckOf } from './healthCheck.ts';

export interface HealthPortsOptions {
  readonly listen: ListenHttp;
  readonly nodePortAddresses: NodePortRanges;
  /** This machine's addresses now, canonical. */
  readonly localAddresses: () => Promise<readonly string[]>;
  /** Those that are routed. */
  readonly families: () => readonly Family[];
  /** Rules follow the cluster. */
  readonly proxyHealthy: () => boolean;
}

/** A listener as it should be. */
interface Wanted {
  /** Of the Service. */
  readonly key: string;
  readonly check: HealthCheck;
  readonly family: Family;
  readonly address: string;
}

const EVERYWHERE: Readonly<Record<Family, string>> = { IPv4: '0.0.0.0', IPv6: '::' };

/** Follows the syncer: what is told outside is what the rules do, never what they are about to. */
export class HealthPorts implements SyncListener {
  readonly #options: HealthPortsOptions;
  /** By `namespace/name`. */
  readonly #checks = new Map<string, HealthCheck>();
  readonly #listeners = new Map<string, HttpListener>();
  #nodeAddresses: readonly string[] = [];
  #problems: readonly Problem[] = [];
  #onSettled: () => void = () => undefined;
  #settling: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(options: HealthPortsOptions) {
    this.#options = options;
  }

  /** Ports that cannot be listened on now; they are tried again after each sync. */
  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** `listener` is called each time that `problems` may differ. */
  onSettled(listener: () => void): void {
    this.#onSettled = listener;
  }

  synced(_report: SyncReport, _full: boolean, { picture, changes }: Synced): void {
    this.#nodeAddresses = picture.node?.addresses ?? [];
    if (changes === undefined) this.#checks.clear();
    for (const key of changes?.services ?? picture.services.keys())
      this.#take(key, picture.services.get(key));
    this.#again = true;
    this.#settling ??= this.#settle().finally(() => {
      this.#settling = undefined;
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#settling;
    await Promise.all([...this.#listeners.values()].map((listener) => listener.close()));
    this.#listeners.clear();
  }

  #take(key: string, entry: ServiceEntry | undefined): void {
    const check = entry && healthCheckOf(entry);
    if (check === undefined) this.#checks.delete(key);
    else this.#checks.set(key, check);
  }

  async #settle(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      const wanted = await this.#wanted();
      // Closed first: a port may have moved from one Service to another.
      const gone = [...this.#listeners].filter(([id]) => !wanted.has(id));
      for (const [id] of gone) this.#listeners.delete(id);
      await Promise.all(gone.map(([, listener]) => listener.close()));
      const missing = [...wanted].filter(([id]) => !this.#listeners.has(id));
      const problems = await Promise.all(missing.map(([id, one]) => this.#open(id, one)));
      const silent = this.#problems.length === 0;
      this.#problems = problems.flat();
      if (!silent || this.#problems.length > 0) this.#onSettled();
    }
  }

  /** By what tells one listener from another: its Service, address and port. */
  async #wanted(): Promise<Map<string, Wanted>> {
    const wanted = new Map<string, Wanted>();
    if (this.#checks.size === 0) return wanted;
    const { families, nodePortAddresses: ranges, localAddresses } = this.#options;
    const restricted = families().some((family) => restrictsNodePorts(ranges, family));
    const local = restricted ? await localAddresses() : [];
    for (const family of families()) {
      const allowed = nodePortAddresses(ranges, family, local, true, this.#nodeAddresses);
      const addresses = allowed === 'all' ? [EVERYWHERE[family]] : allowed;
      for (const [key, check] of this.#checks) {
        if (!check.localReady.has(family)) continue;
        for (const address of addresses) {
          wanted.set(`${key} ${address} ${check.port}`, { key, check, family, address });
        }
      }
    }
    return wanted;
  }

  async #open(id: string, { key, check, family, address }: Wanted): Promise<readonly Problem[]> {
    const { namespace, name, port } = check;
    const answer = (): ReturnType<typeof healthAnswer> =>
      healthAnswer({
        namespace,
        name,
        localReady: this.#checks.get(key)?.localReady.get(family) ?? 0,
        proxyHealthy: this.#options.proxyHealthy(),
      });
    try {
      this.#listeners.set(id, await this.#options.listen(address, port, answer));
      return [];
    } catch (error) {
      const why = messageOf(error);
      const message = `load balancers cannot check this node: ${why}`;
      const object = { kind: 'Service', namespace, name };
      const reason = 'FailedToStartServiceHealthcheck';
      return [{ object, field: 'spec.healthCheckNodePort', message, reason }];
    }
  }
}
