/**
 * One sync of one family. Writes only what differs from what is known: from the mirror, or from a dump of the
 * kernel when there is no mirror. Chains come before what jumps to them, and go after it.
 */
import type { ServiceEntry } from '../../../catalog/picture.ts';
import type { NodePortAddresses } from '../../nodePorts.ts';
import { type PlanNode, planService } from '../../plan/servicePlan.ts';
import { dropChains } from '../kernel/drop.ts';
import { canonicalHash, type Dump, textHash } from '../kernel/dump.ts';
import { partOf, type RestoreSession } from '../kernel/session.ts';
import { isServiceChain } from '../rules/names.ts';
import { nodePortTail } from '../rules/nodePortTail.ts';
import type { RuleOptions } from '../rules/options.ts';
import { relayAccess, relayGuard } from '../rules/relayGuard.ts';
import type { Table } from '../rules/rule.ts';
import { serviceRules } from '../rules/service.ts';
import { staticChains } from '../rules/static.ts';
import { ruleText } from '../rules/text.ts';
import { missingInOthersChains } from './builtin.ts';
import { Dispatch } from './dispatch.ts';
import { Findings } from './findings.ts';
import { type Mirror, NO_TAILS, type Owned, type OwnedChain, type Tails } from './mirror.ts';

const NOTHING: Owned = { chains: [], hooks: [], endpoints: 0 };

export class FamilySync {
  /** Keys of the Services whose rules were written or removed. */
  readonly changed: Set<string> = new Set();
  readonly #mirror: Mirror;
  readonly #dump: Dump | undefined;
  readonly #session: RestoreSession;
  readonly #options: RuleOptions;
  readonly #dnsService: string;
  readonly #dispatch: Dispatch;
  /** Only filled where there is a dump to compare with. */
  readonly findings: Findings = new Findings();
  /** Chains of table nat that no Service has any more. */
  readonly #stale: string[] = [];

  constructor(
    mirror: Mirror,
    dump: Dump | undefined,
    session: RestoreSession,
    options: RuleOptions,
    dnsService: string,
  ) {
    this.#mirror = mirror;
    this.#dump = dump;
    this.#session = session;
    this.#options = options;
    this.#dnsService = dnsService;
    this.#dispatch = new Dispatch(mirror, session, options.family, (table, name, rules) =>
      this.#inKernel(table, name, rules),
    );
  }

  fixedChains(): void {
    for (const { table, name, rules } of staticChains(this.#options)) {
      const texts = rules.map(ruleText);
      const hash = textHash(texts.join('\n'));
      if (!this.#inKernel(table, name, texts) && this.#mirror.fixed.get(name)?.hash !== hash) {
        this.#session.chain(partOf(table), name, texts);
      }
      this.#mirror.fixed.set(name, { table, name, hash, rules: texts.length });
    }
  }

  /** Writes the chains of a Service, and remembers what is to change in the chains that Services share. */
  service(key: string, entry: ServiceEntry | undefined, endpoints: number, node: PlanNode): void {
    const before = this.#mirror.services.get(key) ?? NOTHING;
    const plans = entry === undefined ? [] : planService(entry, this.#options.family, node, this.#dnsService);
    const { chains, hooks } = serviceRules(plans, this.#options);
    const known = new Map(before.chains.map(({ name, hash }) => [name, hash]));
    const owned = chains.map(({ name, rules }): OwnedChain => {
      const texts = rules.map(ruleText);
      const hash = textHash(texts.join('\n'));
      if (!this.#inKernel('nat', name, texts) && known.get(name) !== hash) {
        this.#session.chain('nat', name, texts);
        this.changed.add(key);
      }
      known.delete(name);
      return { name, hash, rules: texts.length };
    });
    this.#stale.push(...known.keys());
    const hooked = this.#dispatch.replace(before.hooks, hooks);
    // Next to a dump with rules in it, having been hooked before is all that is known of hooks.
    if (known.size > 0 || (hooked && (this.#dump?.ours.size ?? 0) === 0)) this.changed.add(key);
    this.#mirror.set(key, entry === undefined ? undefined : { chains: owned, hooks, endpoints });
  }

  /** Writes the shared chains, deletes what nothing jumps to any more, and hooks all of it into the kernel's chains. */
  async finish(addresses: NodePortAddresses): Promise<void> {
    const tails: Tails = {
      ...NO_TAILS,
      services: nodePortTail(addresses, this.#options).map(ruleText),
      firewall: relayGuard(this.#options).map(ruleText),
      healthChecks: relayAccess(this.#options).map(ruleText),
    };
    if (this.#dump === undefined) {
      const dropped = await this.#dispatch.change(tails);
      await this.#drop('nat', [...this.#stale, ...dropped.nat]);
      await this.#drop('filter', dropped.filter);
    } else {
      await this.#dispatch.create(tails, this.#dump);
      for (const table of ['nat', 'filter'] as const) {
        const leftOver = await this.#leftOver(this.#dump, table);
        this.findings.leftOver(table, leftOver.length);
        await this.#drop(table, leftOver);
      }
      const written = missingInOthersChains(this.#dump, this.#options.localhostNodePorts, this.#session);
      for (const table of written) this.findings.jump(table);
    }
    await this.#session.flush();
  }

  async #drop(table: Table, names: readonly string[]): Promise<void> {
    const references = this.#dump?.references;
    await dropChains(this.#session, table, names, (name) => references?.has(`${table} ${name}`) === true);
  }

  async #leftOver(dump: Dump, table: Table): Promise<readonly string[]> {
    const names: string[] = [];
    for (const key of dump.ours.keys()) {
      if (!key.startsWith(`${table} `)) continue;
      const name = key.slice(table.length + 1);
      if (!this.findings.wants(table, name) && isServiceChain(name)) names.push(name);
      await this.#session.pause();
    }
    return names;
  }

  /** Whether the dump, if this sync has one, shows the chain as it should be. */
  #inKernel(table: Table, name: string, rules: readonly string[]): boolean {
    if (this.#dump === undefined) return false;
    const found = this.#dump.ours.get(`${table} ${name}`);
    const equal = found !== undefined && found === canonicalHash(rules);
    this.findings.chain(table, name, equal ? 'equal' : found === undefined ? 'missing' : 'different');
    return equal;
  }
}
