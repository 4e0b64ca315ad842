/** The rules of one family: what this process wrote, and bringing the kernel from there to what is wanted. */
import type { ServiceEntry } from '../../../catalog/picture.ts';
import type { Clock } from '../../../host/clock.ts';
import type { Exec } from '../../../host/exec.ts';
import type { Family } from '../../../net/ip.ts';
import { type PlanNode, planService } from '../../plan/servicePlan.ts';
import type { ProxySettings } from '../../settings.ts';
import { Breather } from '../kernel/breather.ts';
import { RestoreError } from '../kernel/restore.ts';
import { save } from '../kernel/save.ts';
import { type Batching, batchingFor, RestoreSession } from '../kernel/session.ts';
import type { Tools } from '../kernel/tools.ts';
import { type Capabilities, type RelayRules, type RuleOptions, ruleOptions } from '../rules/options.ts';
import { type ServiceRules, serviceRules } from '../rules/service.ts';
import { staticChains } from '../rules/static.ts';
import { commentsEndpoints, countEndpoints, type Services, type Work } from '../work.ts';
import { FamilyCounters } from './counters.ts';
import { findRefused } from './culprit.ts';
import { FamilySync } from './familySync.ts';
import type { Finding } from './findings.ts';
import { Mirror, type Owned } from './mirror.ts';
import { byClusterIP } from './order.ts';
import { Refusals } from './refusals.ts';

export interface FamilyReport {
  readonly family: Family;
  /** Keys of the Services whose rules were written or removed. */
  readonly services: ReadonlySet<string>;
  readonly restores: number;
  /** The work was whole. */
  readonly full: boolean;
  /** Of a look at the kernel; empty when what is in it was known. */
  readonly findings: readonly Finding[];
  /** All that was found wrong is somebody else's doing: this process had put it right before. */
  readonly reconciled: boolean;
}

export interface FamilyHost {
  readonly tools: Tools;
  readonly capabilities: Capabilities;
  readonly settings: ProxySettings;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly relays: RelayRules;
}

export class FamilyTables {
  readonly tools: Tools;
  capabilities: Capabilities;
  readonly #exec: Exec;
  readonly #clock: Clock;
  readonly #settings: ProxySettings;
  readonly #batching: Batching;
  readonly #relays: RelayRules;
  readonly refusals: Refusals = new Refusals();
  readonly counters: FamilyCounters = new FamilyCounters();
  /** `undefined` until a sync has succeeded, and again when one has failed: then only the kernel knows. */
  #mirror: Mirror | undefined;
  /**
   * A look at what this process had put right has failed: most often whoever ruined the rules went on between our
   * reading and our writing. What the next one finds is still that somebody's doing, and is told.
   */
  #lookFailed = false;
  #services = 0;

  constructor({ tools, capabilities, settings, exec, clock, relays }: FamilyHost) {
    this.tools = tools;
    this.#relays = relays;
    this.#batching = batchingFor(tools);
    this.capabilities = capabilities;
    this.#settings = settings;
    this.#exec = exec;
    this.#clock = clock;
  }

  get family(): Family {
    return this.tools.family;
  }

  /** Whether the next sync must be given all Services. */
  get needsAll(): boolean {
    return this.#mirror === undefined;
  }

  /** What each Service has in the kernel; `undefined` while a sync is under way, and after one that failed. */
  get owned(): ReadonlyMap<string, Owned> | undefined {
    return this.#mirror?.services;
  }

  /** Rules that a Service should have in the kernel; `undefined` when none, or where what is in it is not known. */
  wanted(entry: ServiceEntry, node: PlanNode): ServiceRules | undefined {
    const mirror = this.#mirror;
    if (mirror?.services.has(entry.service.key) !== true) return undefined;
    const options = this.#ruleOptions({ node }, mirror.endpointComments);
    return serviceRules(planService(entry, this.family, node, this.#settings.dnsService), options);
  }

  /** Services that the last sync left in the kernel. */
  get services(): number {
    return this.#services;
  }

  /** All Services that the kernel refused are tried again when what is in it is looked at, or rules are made anew. */
  async sync(work: Work): Promise<FamilyReport> {
    const { services } = work;
    const looks = work.whole && this.#mirror !== undefined;
    if (looks || work.anew) this.refusals.clear();
    const reconciled = looks || (work.whole && this.#lookFailed);
    try {
      const report = await this.#sync({ ...work, services: this.refusals.without(services) }, reconciled);
      this.#lookFailed = false;
      return report;
    } catch (error) {
      this.#lookFailed = reconciled;
      if (error instanceof RestoreError) this.counters.failed(error, work.whole);
      throw error;
    }
  }

  /**
   * After a restore was refused: finds the Services whose rules are to blame, and leaves them out from now on.
   * False when it is no single Service's doing. `work` is whole.
   */
  async setAsideRefused(work: Work): Promise<boolean> {
    const services = this.refusals.without(work.services);
    const options = this.#ruleOptions(work, this.#scope(new Mirror(), work).endpointComments);
    const breather = new Breather(this.#clock);
    const refused = await findRefused({
      fixed: staticChains(options),
      keys: [...services].filter(([, entry]) => entry?.service.routed === true).map(([key]) => key),
      rulesOf: (key) => {
        const entry = services.get(key);
        if (entry === undefined) return { chains: [], hooks: [] };
        return serviceRules(planService(entry, this.family, work.node, this.#settings.dnsService), options);
      },
      session: () => this.#session(breather),
    });
    for (const [key, reason] of refused) {
      const entry = services.get(key);
      if (entry !== undefined) this.refusals.add(key, entry, reason);
    }
    return refused.size > 0;
  }

  async #sync(work: Work, reconciled: boolean): Promise<FamilyReport> {
    const mirror = work.whole || this.#mirror === undefined ? new Mirror() : this.#mirror;
    const fresh = mirror !== this.#mirror;
    this.#mirror = undefined;
    const { services, endpointComments } = this.#scope(mirror, work);
    const dump = fresh ? await save(this.#exec, this.tools) : undefined;
    const session = this.#session(new Breather(this.#clock));
    const options = this.#ruleOptions(work, endpointComments);
    const sync = new FamilySync(mirror, dump, session, options, this.#settings.dnsService);
    try {
      sync.fixedChains();
      for (const [key, entry] of fresh ? byClusterIP(services, this.family) : services) {
        sync.service(key, entry, countEndpoints(entry, this.family), work.node);
        await session.pause();
      }
      await sync.finish(work.nodePortAddresses);
    } finally {
      this.counters.restores += session.restores;
    }
    mirror.endpointComments = endpointComments;
    this.#mirror = mirror;
    this.#services = mirror.services.size;
    this.counters.written = session.written;
    this.counters.rules = { nat: mirror.rules('nat'), filter: mirror.rules('filter') };
    return {
      family: this.family,
      services: sync.changed,
      restores: session.restores,
      full: fresh,
      findings: fresh ? sync.findings.list() : [],
      reconciled,
    };
  }

  /** What is in the kernel has been changed by somebody else. */
  forget(): void {
    this.#mirror = undefined;
    this.#lookFailed = false;
    this.#services = 0;
    this.counters.rules = { nat: 0, filter: 0 };
  }

  #session(breather: Breather): RestoreSession {
    return new RestoreSession(this.#exec, this.tools, this.#batching, breather);
  }

  #ruleOptions(work: Pick<Work, 'node'>, endpointComments: boolean): RuleOptions {
    const { podCIDRs } = work.node;
    return ruleOptions(
      this.#settings,
      this.family,
      this.capabilities,
      endpointComments,
      podCIDRs,
      this.#relays,
    );
  }

  /** Comments depend on the whole cluster, so that where they change every Service is to be looked at. */
  #scope(mirror: Mirror, work: Work): { readonly services: Services; readonly endpointComments: boolean } {
    let endpoints = mirror.endpoints;
    for (const [key, entry] of work.services) {
      endpoints += countEndpoints(entry, this.family) - (mirror.services.get(key)?.endpoints ?? 0);
    }
    const endpointComments = commentsEndpoints(endpoints);
    if (work.whole || endpointComments === mirror.endpointComments) {
      return { services: work.services, endpointComments };
    }
    return { services: this.refusals.without(new Map([...work.services, ...work.all()])), endpointComments };
  }
}
