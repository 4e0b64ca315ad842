/** The rules of one family: what this process wrote, and bringing the kernel from there to what is wanted. */
import type { Clock } from '../../host/clock.ts';
import type { Exec } from '../../host/exec.ts';
import type { Family } from '../../net/ip.ts';
import type { ProxySettings } from '../settings.ts';
import { FamilySync } from './familySync.ts';
import { Breather } from './kernel/breather.ts';
import { save } from './kernel/save.ts';
import { type Batching, batchingFor, RestoreSession } from './kernel/session.ts';
import type { Tools } from './kernel/tools.ts';
import { Mirror } from './mirror.ts';
import { type Capabilities, ruleOptions } from './rules/options.ts';
import { commentsEndpoints, countEndpoints, type Services, type Work } from './work.ts';

export interface FamilyReport {
  /** Keys of the Services whose rules were written or removed. */
  readonly services: ReadonlySet<string>;
  readonly restores: number;
}

export class FamilyTables {
  readonly tools: Tools;
  capabilities: Capabilities;
  readonly #exec: Exec;
  readonly #clock: Clock;
  readonly #settings: ProxySettings;
  readonly #batching: Batching;
  /** `undefined` until a sync has succeeded, and again when one has failed: then only the kernel knows. */
  #mirror: Mirror | undefined;
  #last = { services: 0, rules: 0 };

  constructor(tools: Tools, capabilities: Capabilities, settings: ProxySettings, exec: Exec, clock: Clock) {
    this.tools = tools;
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

  get counts(): { readonly services: number; readonly rules: number } {
    return this.#last;
  }

  async sync(work: Work): Promise<FamilyReport> {
    const mirror = work.whole || this.#mirror === undefined ? new Mirror() : this.#mirror;
    const fresh = mirror !== this.#mirror;
    this.#mirror = undefined;
    const { services, endpointComments } = this.#scope(mirror, work);
    const dump = fresh ? await save(this.#exec, this.tools) : undefined;
    const breather = new Breather(this.#clock);
    const session = new RestoreSession(this.#exec, this.tools, this.#batching, breather);
    const options = ruleOptions(
      this.#settings,
      this.family,
      this.capabilities,
      endpointComments,
      work.node.podCIDRs,
    );
    const sync = new FamilySync(mirror, dump, session, options, this.#settings.dnsService);
    sync.fixedChains();
    for (const [key, entry] of services) {
      sync.service(key, entry, countEndpoints(entry, this.family), work.node);
      await session.pause();
    }
    await sync.finish(work.nodePortAddresses);
    mirror.endpointComments = endpointComments;
    this.#mirror = mirror;
    this.#last = { services: mirror.services.size, rules: mirror.rules };
    return { services: sync.changed, restores: session.restores };
  }

  /** What is in the kernel has been changed by somebody else. */
  forget(): void {
    this.#mirror = undefined;
    this.#last = { services: 0, rules: 0 };
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
    return { services: new Map([...work.services, ...work.all()]), endpointComments };
  }
}
