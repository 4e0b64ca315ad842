/** The agent: one source, one picture, and the two halves that follow it. */
import { Catalog } from '../catalog/catalog.ts';
import type { Picture } from '../catalog/picture.ts';
import type { Family } from '../net/ip.ts';
import type { SyncReport } from '../proxy/backend.ts';
import { dnsAddresses } from './names/dnsAddresses.ts';
import { DnsEdge } from './names/dnsEdge.ts';
import { countEndpoints } from './source/figures.ts';
import { NameGate } from './names/nameGate.ts';
import type { AgentParts } from './parts.ts';
import { endRouting } from './routing/endRouting.ts';
import { ProblemReporter } from './reports/problemReporter.ts';
import type { Progress } from './progress.ts';
import { Publisher } from './publisher.ts';
import { upstreamProblems } from './names/upstreamProblems.ts';
import { missingForRules, onceReady, readinessOf } from './readiness.ts';

export class Agent {
  readonly #parts: AgentParts;
  readonly #catalog: Catalog;
  readonly #publisher: Publisher;
  readonly #problems: ProblemReporter;
  readonly #edge: DnsEdge | undefined;
  /** Absent where names have no rules to wait for. */
  readonly #gate: NameGate | undefined;
  readonly #progress: { -readonly [K in keyof Progress]: Progress[K] };
  /** As `clock.monotonic()` told it. */
  readonly #beganAt: number;
  readonly #familySyncedAt = new Map<Family, number>();
  readonly #firstOutcome = Promise.withResolvers<'synced' | 'failed'>();
  readonly #opened = Promise.withResolvers<void>();
  #handingOver = false;

  constructor(parts: AgentParts) {
    const { clock, log, settings, names, routing } = parts;
    this.#parts = parts;
    this.#beganAt = clock.monotonic();
    this.#progress = {
      startedAt: clock.now(),
      sourceSyncedAt: 0,
      restoredAt: 0,
      rulesSyncedAt: 0,
      familySyncedAt: this.#familySyncedAt,
      lastSync: undefined,
      lastRepair: undefined,
      opened: false,
      stopping: false,
    };
    this.#publisher = new Publisher(clock, (since) => this.#publish(since));
    this.#catalog = new Catalog({ nodeName: settings.nodeName, onPending: () => this.#publisher.wake() });
    this.#problems = new ProblemReporter(log, parts.writes.onProblem);
    this.#edge = names === undefined ? undefined : new DnsEdge({ ...names, clock, log });
    const patienceMs = settings.dnsWaitForRules;
    this.#gate = names && routing && new NameGate({ dns: names.dns, clock, patienceMs });
    routing?.healthPorts?.onSettled(() => this.#reportRouting());
    names?.onProblems(() =>
      this.#problems.report(upstreamProblems(names.dns, settings.nodeName), ['upstreams']),
    );
    routing?.syncer.onSynced({
      began: () => {
        this.#gate?.began();
        parts.observer.began();
      },
      synced: (report, full) => this.#synced(report, full),
      failed: () => this.#firstOutcome.resolve('failed'),
    });
  }

  /** Starts to read the source; everything else follows from what it tells. */
  start(): void {
    this.#parts.source.start(this.#catalog);
    onceReady(this, this.#parts.clock, () => this.#ready());
  }

  /** Of the first sync, names opened; where routing is off, `synced` as soon as the source is read. */
  get firstOutcome(): Promise<'synced' | 'failed'> {
    return this.#firstOutcome.promise;
  }

  /** Resolves once rules are in and names are answered, wherever that can be. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** Addresses that names could not be answered on, one line each. */
  get dnsFailures(): string[] {
    return this.#edge?.failures ?? [];
  }

  /** Services whose names were answered ahead of their rules. */
  get earlyNames(): number {
    return this.#gate?.early ?? 0;
  }

  /** Whether names still tell an older version of the Service, by `namespace/name`: its rules are being written. */
  holdsNames(key: string): boolean {
    return this.#gate?.holds(key) === true;
  }

  get picture(): Picture {
    return this.#catalog.picture;
  }

  /** What is wrong with objects. */
  get problems(): Pick<ProblemReporter, 'lines' | 'counts'> {
    return this.#problems;
  }

  /** What is missing for rules to be made at all, in one line; empty when nothing is. */
  get waitsFor(): string {
    return missingForRules(this.#progress, this.#parts);
  }

  /** Each part that must work, and what is wrong with it; empty when nothing is. */
  readiness(): Promise<Map<string, string>> {
    return readinessOf(this.#progress, this.#parts, this.#edge);
  }

  /** Gives names back to the other nodes, then stops. Rules stay: connections live on. */
  async stop(): Promise<void> {
    const { log, source, names, routing, keeper, writes } = this.#parts;
    this.#progress.stopping = true;
    log.info({}, 'stopping; rules stay in place');
    writes.stop();
    await this.#edge?.release();
    await source.stop();
    if (!this.#handingOver && routing !== undefined) await endRouting(routing);
    await names?.close();
    // Last: a disk may take its time, and the rest must not wait for it.
    if (!this.#handingOver) await keeper?.stop();
    log.info({}, 'stopped');
  }

  /** Gives all but names to another agent: these are answered, and follow the cluster, until `leave` or `stop`. */
  async handOver(): Promise<void> {
    const { log, routing, keeper, writes } = this.#parts;
    this.#progress.stopping = true;
    this.#handingOver = true;
    log.info({}, 'another agent takes over: answering names until it does');
    writes.stop();
    await this.#edge?.rest();
    if (routing !== undefined) await endRouting(routing);
    await keeper?.stop();
  }

  /** The other agent answers names too, on the same sockets. */
  async leave(): Promise<void> {
    const { source, names } = this.#parts;
    await this.#edge?.leave();
    await names?.retire();
    await source.stop();
    await names?.close();
  }

  #publish(seenAt: number): void {
    const changes = this.#catalog.publish();
    if (changes === undefined || (this.#progress.stopping && !this.#handingOver)) return;
    const { picture } = this.#catalog;
    const { names, routing, settings } = this.#parts;
    if (this.#gate === undefined) names?.dns.update(picture, changes);
    else this.#gate.publish(picture, changes);
    if (this.#handingOver) return;
    this.#parts.observer.published(picture, changes, seenAt);
    this.#problems.report(picture.problems, changes.problems);
    if (changes.synced) this.#sourceSynced(picture);
    else if (picture.restored && this.#progress.restoredAt === 0) this.#restored();
    this.#parts.keeper?.published(picture, changes);
    routing?.syncer.update(picture, changes);
    const moved = changes.node || changes.services.has(settings.dnsService);
    if (moved && this.#rulesAreIn) void this.#open();
  }

  #sourceSynced(picture: Picture): void {
    const { clock, log } = this.#parts;
    this.#progress.sourceSyncedAt = clock.now();
    log.info(
      {
        services: picture.services.size,
        endpoints: countEndpoints(picture),
        problems: this.problems.lines.length,
        milliseconds: this.#progress.sourceSyncedAt - this.#progress.startedAt,
      },
      'source synced',
    );
    if (this.#parts.routing === undefined) void this.#openFirst();
  }

  #restored(): void {
    this.#progress.restoredAt = this.#parts.clock.now();
    if (this.#parts.routing === undefined) void this.#openFirst();
  }

  #synced(report: SyncReport, full: boolean): void {
    this.#gate?.synced();
    const { clock, log, observer, routing } = this.#parts;
    const first = this.#progress.rulesSyncedAt === 0;
    this.#progress.rulesSyncedAt = clock.now();
    for (const { family } of report.byFamily) this.#familySyncedAt.set(family, clock.now());
    this.#progress.lastSync = { report, full };
    const { services, restores, milliseconds, repairs = [] } = report;
    if (repairs.length > 0) this.#progress.lastRepair = { at: clock.now(), lines: repairs };
    observer.synced(report);
    if (report.failing !== undefined && report.failing.length > 0) this.#firstOutcome.resolve('failed');
    this.#reportRouting();
    const fields = { services, restores, milliseconds: Math.round(milliseconds) };
    if (!first) {
      log.debug(fields, 'synced');
      return;
    }
    log.info({ ...fields, rules: routing?.backend.describe().rules }, 'first sync done');
    void this.#openFirst();
  }

  get #rulesAreIn(): boolean {
    const { rulesSyncedAt, sourceSyncedAt, restoredAt } = this.#progress;
    return this.#parts.routing === undefined ? sourceSyncedAt > 0 || restoredAt > 0 : rulesSyncedAt > 0;
  }

  async #openFirst(): Promise<void> {
    await this.#open();
    this.#progress.opened = true;
    this.#opened.resolve();
    this.#firstOutcome.resolve('synced');
  }

  async #open(): Promise<void> {
    const { dnsListen: listen, dnsNodeLocal: nodeLocal, dnsService } = this.#parts.settings;
    if (!this.#progress.stopping)
      await this.#edge?.want(dnsAddresses(this.picture, { listen, nodeLocal, dnsService }));
  }

  #reportRouting(): void {
    const { routing } = this.#parts;
    const setAside = routing?.syncer.state().setAside ?? [];
    const ports = routing?.healthPorts?.problems ?? [];
    this.#problems.report(new Map([['routing', [...setAside, ...ports]]]), ['routing']);
  }

  #ready(): void {
    const { clock, log, writes } = this.#parts;
    log.info({ milliseconds: Math.round(clock.monotonic() - this.#beganAt) }, 'ready');
    writes.onReady();
  }
}
