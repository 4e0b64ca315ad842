/** The agent: one source, one picture, and the two halves that follow it. */
import { Catalog } from '../catalog/catalog.ts';
import type { ChangeSet, Picture } from '../catalog/picture.ts';
import type { NodeDns } from '../dns/node/createNodeDns.ts';
import type { DnsService } from '../dns/service.ts';
import type { SocketAddress } from '../dns/settings.ts';
import type { Clock } from '../host/clock.ts';
import type { Problem } from '../kube/problem.ts';
import type { Source } from '../kube/source.ts';
import type { SyncReport } from '../proxy/backend.ts';
import type { Log } from '../telemetry/log.ts';
import { dnsAddresses } from './dnsAddresses.ts';
import { DnsEdge } from './dnsEdge.ts';
import { countEndpoints } from './figures.ts';
import { ProblemReporter } from './problemReporter.ts';
import { Publisher } from './publisher.ts';
import type { Routing, RoutingListener } from './routing.ts';

export interface AgentSettings {
  readonly nodeName: string;
  readonly clusterDomain: string;
  readonly dnsService: string;
  readonly dnsListen: readonly SocketAddress[];
}

export interface Names {
  readonly dns: DnsService;
  /** The DNS Service's own addresses on this node. */
  readonly node: Pick<NodeDns, 'claim' | 'release'>;
  /** Sends a real query; gives what is wrong, or nothing. */
  readonly probe: (server: SocketAddress, domain: string) => Promise<string>;
}

export interface AgentParts {
  readonly settings: AgentSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly source: Source;
  /** Absent where routing is off. */
  readonly routing?: (listener: RoutingListener) => Routing;
  /** Absent where DNS is off. */
  readonly names?: Names;
  /** Told of each problem once. */
  readonly onProblem: (problem: Problem) => void;
  /** Told of each sync and each publication; for metrics. */
  readonly observer: AgentObserver;
}

export interface AgentObserver {
  published(picture: Picture, changes: ChangeSet): void;
  synced(report: SyncReport, full: boolean): void;
  failed(): void;
}

const READY_POLL_MS = 100;

export class Agent {
  readonly #parts: AgentParts;
  readonly #catalog: Catalog;
  readonly #publisher: Publisher;
  readonly #problems: ProblemReporter;
  readonly routing: Routing | undefined;
  readonly edge: DnsEdge | undefined;
  readonly startedAt: number;
  /** Milliseconds since the epoch; 0 before. */
  sourceSyncedAt = 0;
  rulesSyncedAt = 0;
  lastReport: SyncReport | undefined;
  #stopping = false;
  readonly #firstSync = Promise.withResolvers<void>();

  constructor(parts: AgentParts) {
    const { clock, log, settings, names } = parts;
    this.#parts = parts;
    this.startedAt = clock.now();
    this.#publisher = new Publisher(clock, () => this.#publish());
    this.#catalog = new Catalog({ nodeName: settings.nodeName, onPending: () => this.#publisher.wake() });
    this.#problems = new ProblemReporter(log, parts.onProblem);
    this.edge = names === undefined ? undefined : new DnsEdge({ ...names, clock, log });
    this.routing = parts.routing?.({
      synced: (report, full) => this.#synced(report, full),
      failed: (error) => this.#failed(error),
    });
  }

  /** Starts to read the source; everything else follows from what it tells. */
  start(): void {
    this.#parts.source.start(this.#catalog);
    this.#parts.clock.after(READY_POLL_MS, () => void this.#tellWhenReady());
  }

  /** Resolves when the rules first match the source; at once after its first reading where routing is off. */
  get firstSync(): Promise<void> {
    return this.#firstSync.promise;
  }

  get picture(): Picture {
    return this.#catalog.picture;
  }

  /** Lines of what is wrong with objects. */
  get problems(): string[] {
    return this.#problems.lines;
  }

  /** Each part that must work, and what is wrong with it; empty when nothing is. */
  async readiness(): Promise<Map<string, string>> {
    const parts = new Map<string, string>();
    if (this.#stopping) parts.set('agent', 'stopping');
    parts.set('source', this.sourceSyncedAt === 0 ? this.#unread() : '');
    if (this.routing !== undefined) {
      parts.set('rules', this.rulesSyncedAt === 0 ? this.routing.state().error || 'not programmed yet' : '');
    }
    if (this.#parts.names !== undefined) parts.set('dns', await this.#dnsTrouble(this.#parts.names));
    return parts;
  }

  /** Gives names back to the other nodes, then stops. Rules stay: connections live on. */
  async stop(): Promise<void> {
    const { log, source, names } = this.#parts;
    this.#stopping = true;
    log.info({}, 'stopping; rules stay in place');
    await this.edge?.release();
    await source.stop();
    await this.routing?.stop();
    await names?.dns.close();
    log.info({}, 'stopped');
  }

  #publish(): void {
    const changes = this.#catalog.publish();
    if (changes === undefined || this.#stopping) return;
    const { picture } = this.#catalog;
    this.#parts.names?.dns.update(picture, changes);
    this.#parts.observer.published(picture, changes);
    if (changes.problems.size > 0) this.#reportProblems();
    if (changes.synced) this.#sourceSynced(picture);
    // Before the source is read whole, rules of an earlier agent know more than we do.
    if (picture.synced) this.routing?.queue(picture, changes.synced ? undefined : changes);
    const moved = changes.node || changes.services.has(this.#parts.settings.dnsService);
    if (moved && this.#rulesAreIn) void this.#open();
  }

  #sourceSynced(picture: Picture): void {
    const { clock, log } = this.#parts;
    this.sourceSyncedAt = clock.now();
    log.info(
      {
        services: picture.services.size,
        endpoints: countEndpoints(picture),
        problems: this.problems.length,
        milliseconds: this.sourceSyncedAt - this.startedAt,
      },
      'source synced',
    );
    if (this.routing === undefined) void this.#open().then(this.#firstSync.resolve);
  }

  #synced(report: SyncReport, full: boolean): void {
    const { clock, log, observer } = this.#parts;
    const first = this.rulesSyncedAt === 0;
    this.rulesSyncedAt = clock.now();
    this.lastReport = report;
    observer.synced(report, full);
    this.#reportProblems();
    const { services, restores, milliseconds } = report;
    const fields = { services, restores, milliseconds: Math.round(milliseconds) };
    if (!first) {
      log.debug(fields, 'synced');
      return;
    }
    log.info({ ...fields, rules: this.routing?.state().backend.rules }, 'first sync done');
    void this.#open().then(this.#firstSync.resolve);
  }

  #failed(error: Error): void {
    this.#parts.observer.failed();
    this.#parts.log.error({ error: error.message }, 'sync failed; trying again');
  }

  get #rulesAreIn(): boolean {
    return this.routing === undefined ? this.sourceSyncedAt > 0 : this.rulesSyncedAt > 0;
  }

  async #open(): Promise<void> {
    const { dnsListen: listen, dnsService } = this.#parts.settings;
    if (!this.#stopping) await this.edge?.want(dnsAddresses(this.picture, { listen, dnsService }));
  }

  #reportProblems(): void {
    const setAside = this.routing?.state().setAside ?? [];
    this.#problems.report(this.picture.problems, new Map([['kernel', setAside]]));
  }

  #unread(): string {
    const kinds = this.#parts.source.state().filter(({ synced }) => !synced);
    const [failing] = kinds.filter(({ error }) => error !== '');
    return failing?.error ?? `reading ${kinds.map(({ kind }) => kind).join(', ')}`;
  }

  async #dnsTrouble({ dns, probe }: Names): Promise<string> {
    const [first] = dns.state().listening;
    if (first !== undefined) return probe(first, this.#parts.settings.clusterDomain);
    if (!this.#rulesAreIn) return 'waits for the rules';
    const { nodeName, dnsService } = this.#parts.settings;
    return this.edge?.failures[0] ?? `no address to answer on: no Node ${nodeName}, no Service ${dnsService}`;
  }

  async #tellWhenReady(): Promise<void> {
    const { clock, log } = this.#parts;
    const parts = await this.readiness();
    if (this.#stopping) return;
    if ([...parts.values()].every((wrong) => wrong === '')) {
      log.info({ milliseconds: clock.now() - this.startedAt }, 'ready');
      return;
    }
    clock.after(READY_POLL_MS, () => void this.#tellWhenReady());
  }
}
