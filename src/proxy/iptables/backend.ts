/** Mode `iptables`: the rules of both families, through the iptables programs of this machine. */
import type { ChangeSet, Picture, ServiceEntry } from '../../catalog/picture.ts';
import type { Clock } from '../../host/clock.ts';
import type { Exec } from '../../host/exec.ts';
import type { Sysctl } from '../../host/sysctl.ts';
import type { Family } from '../../net/ip.ts';
import type { Watch } from '../../netfilter/holding.ts';
import type { RuleWatch } from '../../netfilter/ruleWatch.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Backend, BackendState, SyncReport } from '../backend.ts';
import { nodePortAddresses, restrictsNodePorts } from '../nodePorts.ts';
import type { ProxySettings } from '../settings.ts';
import { Attempts } from './attempts.ts';
import { lostCapability, withoutAffinity } from './capabilities.ts';
import { cleanupTables } from './cleanup.ts';
import { Connections } from './connections.ts';
import type { FamilyCounters } from './family/counters.ts';
import { type FamilyReport, FamilyTables } from './family/family.ts';
import { describeRepairs, describeTakeOver, lackedTranslation } from './family/findings.ts';
import { holdingOf } from './holding.ts';
import { findTools, type FoundTools } from './kernel/detect.ts';
import { RestoreError } from './kernel/restore.ts';
import { removeOtherModes } from './otherModes.ts';
import { ALL_CAPABILITIES, localhostNodePorts, NO_RELAYS, type RelayRules } from './rules/options.ts';
import type { ServiceRules } from './rules/service.ts';
import { planNode, type Services, type Work } from './work.ts';

export interface IptablesOptions {
  readonly settings: ProxySettings;
  readonly exec: Exec;
  readonly sysctl: Sysctl;
  readonly log: Log;
  readonly clock: Clock;
  /** Where ports are relayed, as far as they are. */
  readonly relays?: RelayRules;
  /** Watches over the rules. */
  readonly watch?: Pick<RuleWatch, 'add'>;
  /** This machine's addresses now, canonical. */
  readonly localAddresses: () => Promise<readonly string[]>;
  /** What is to be used of this machine; looked for when absent. */
  readonly found?: FoundTools;
}

/** With what only this mode has to show. */
export interface IptablesBackend extends Backend {
  readonly counters: ReadonlyMap<Family, FamilyCounters>;
  readonly connections: Connections;
  /** Rules of a Service as they should be in the kernel now; `undefined` when none, or not known at this moment. */
  wanted(family: Family, entry: ServiceEntry, picture: Picture): ServiceRules | undefined;
}

const LIBERAL = 'net.netfilter.nf_conntrack_tcp_be_liberal';
const ROUTE_LOCALNET = 'net.ipv4.conf.all.route_localnet';

/** Rejects with IptablesMissingError where iptables can program no family. */
export async function createIptablesBackend(options: IptablesOptions): Promise<IptablesBackend> {
  const { settings, exec, sysctl, log, clock } = options;
  const { tools } = options.found ?? (await findTools(exec, settings, log));
  // With be_liberal the kernel itself takes late packets for valid ones, which asymmetric routes need.
  const dropInvalid = (await sysctl.read(LIBERAL)) !== '1';
  const families = tools.map(
    (found) =>
      new FamilyTables({
        tools: found,
        capabilities: { ...ALL_CAPABILITIES, randomFully: found.randomFully, dropInvalid },
        settings,
        exec,
        clock,
        relays: options.relays ?? NO_RELAYS,
      }),
  );
  return new Tables(options, families);
}

class Tables implements IptablesBackend {
  readonly mode = 'iptables';
  readonly counters: ReadonlyMap<Family, FamilyCounters>;
  readonly connections: Connections;
  readonly #options: IptablesOptions;
  readonly #families: readonly FamilyTables[];
  readonly #attempts: Attempts;
  #routesLocalnet = false;
  #tookOver = false;

  constructor(options: IptablesOptions, families: readonly FamilyTables[]) {
    this.#options = options;
    this.#attempts = new Attempts(options.clock, options.log);
    this.#families = families;
    this.connections = new Connections({ ...options, tables: families });
    this.counters = new Map(families.map(({ family, counters }) => [family, counters]));
  }

  async sync(picture: Picture, changes: ChangeSet | undefined): Promise<SyncReport> {
    const { clock } = this.#options;
    const started = clock.monotonic();
    const local = await this.#localAddresses();
    // All families start in this tick, so that they read one picture.
    const { reports, failing } = await this.#attempts.run(this.#families, (tables) =>
      this.#syncFamily(tables, picture, changes, local),
    );
    await this.#routeLocalnet();
    await this.#takeOver();
    return {
      services: new Set(reports.flatMap(({ services }) => [...services])).size,
      restores: reports.reduce((sum, { restores }) => sum + restores, 0),
      milliseconds: clock.monotonic() - started,
      setAside: [
        ...withoutAffinity(picture, this.#families),
        ...this.#families.flatMap(({ family, refusals }) => refusals.problems(family)),
      ],
      repairs: reports.flatMap((report) => this.#tell(report)),
      lacked: reports.filter(({ findings }) => lackedTranslation(findings)).map(({ family }) => family),
      byFamily: reports,
      failing,
    };
  }

  async watch(onForeign: (what: string) => void): Promise<Watch | undefined> {
    const tools = this.#families.map((family) => family.tools);
    return this.#options.watch?.add(holdingOf(tools, onForeign));
  }

  wanted(family: Family, entry: ServiceEntry, picture: Picture): ServiceRules | undefined {
    const node = planNode(picture, this.#options.settings);
    return this.#families.find((tables) => tables.family === family)?.wanted(entry, node);
  }

  async cleanup(): Promise<void> {
    const { exec, clock } = this.#options;
    await allOf(this.#families.map(({ tools }) => cleanupTables(exec, tools, clock)));
    for (const tables of this.#families) tables.forget();
  }

  describe(): BackendState {
    const [first] = this.#families;
    return {
      variant: first?.tools.variant === 'legacy' ? 'legacy' : 'nf_tables',
      families: this.#families.map(({ family }) => family),
      services: Math.max(0, ...this.#families.map(({ services }) => services)),
      rules: this.#families.reduce((sum, { counters: { rules } }) => sum + rules.nat + rules.filter, 0),
    };
  }

  async #syncFamily(
    tables: FamilyTables,
    picture: Picture,
    changes: ChangeSet | undefined,
    local: readonly string[],
  ): Promise<FamilyReport> {
    try {
      return await tables.sync(this.#work(tables, picture, changes, local));
    } catch (error) {
      if (!(error instanceof RestoreError) || error.kind !== 'refused') throw error;
      const all = this.#work(tables, picture, undefined, local);
      const { exec, log } = this.#options;
      if (!(await lostCapability(exec, tables, log)) && !(await tables.setAsideRefused(all))) throw error;
      return tables.sync(all);
    }
  }

  #work(
    tables: FamilyTables,
    picture: Picture,
    changes: ChangeSet | undefined,
    local: readonly string[],
  ): Work {
    const { settings } = this.#options;
    const all = (): Services => new Map(picture.services);
    const whole = changes === undefined || tables.needsAll;
    return {
      services: whole || changes.node ? all() : entriesOf(picture, changes.services),
      whole,
      anew: changes?.node === true,
      all,
      node: planNode(picture, settings),
      nodePortAddresses: nodePortAddresses(
        settings.nodePortAddresses,
        tables.family,
        local,
        localhostNodePorts(settings, tables.family),
        picture.node?.addresses,
      ),
    };
  }

  async #takeOver(): Promise<void> {
    if (this.#tookOver) return;
    this.#tookOver = true;
    await removeOtherModes(this.#options.exec, this.#options.log);
  }

  /** What a look at the kernel found; gives what of it somebody else had done. */
  #tell({ family, findings, reconciled }: FamilyReport): readonly string[] {
    const { log } = this.#options;
    if (!reconciled) {
      const found = describeTakeOver(findings, family);
      if (found !== '') log.info({}, found);
      return [];
    }
    for (const finding of findings) this.counters.get(family)?.repaired(finding);
    const lines = findings.flatMap((finding) => describeRepairs(finding, family));
    for (const line of lines) log.warn({}, line);
    return lines;
  }

  async #localAddresses(): Promise<readonly string[]> {
    const { settings, localAddresses } = this.#options;
    const read = this.#families.some(({ family }) => restrictsNodePorts(settings.nodePortAddresses, family));
    return read ? localAddresses() : [];
  }

  /** Only once the rule that shields 127.0.0.1 from neighbours on the link is in place. */
  async #routeLocalnet(): Promise<void> {
    const { settings, sysctl, log } = this.#options;
    const wanted = this.#families.some(({ family }) => localhostNodePorts(settings, family));
    if (!wanted || this.#routesLocalnet) return;
    this.#routesLocalnet = true;
    if ((await sysctl.read(ROUTE_LOCALNET)) === '1') return;
    await sysctl.write(ROUTE_LOCALNET, '1').catch((error: unknown) => {
      log.warn({ error }, `NodePorts do not answer on 127.0.0.1: cannot set ${ROUTE_LOCALNET}`);
    });
  }
}

function entriesOf(picture: Picture, keys: Iterable<string>): Services {
  const entries = new Map<string, ServiceEntry | undefined>();
  for (const key of keys) entries.set(key, picture.services.get(key));
  return entries;
}

/** Waits for every one, even when one fails: two syncs must never run at once. */
async function allOf<T>(promises: readonly Promise<T>[]): Promise<readonly T[]> {
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
