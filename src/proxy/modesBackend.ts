/**
 * Both modes on one set of rules. A port that is relayed differs from one that is not in a single rule, so a Service
 * goes from one mode to the other by one commit of its chains: nothing is built beside the old and swapped, and no
 * packet meets both or neither.
 */
import type { ChangeSet, Picture } from '../catalog/picture.ts';
import type { Problem } from '../kube/problem.ts';
import type { Family } from '../net/ip.ts';
import type { Watch } from '../netfilter/holding.ts';
import { NO_CHANGES } from './changes.ts';
import type { Backend, BackendState, Mode, SyncReport } from './backend.ts';
import { planNode } from './iptables/work.ts';
import type { ProxySettings } from './settings.ts';
import type { RelayPorts } from './userspace/relayPorts.ts';
import { type Relayed, relayedPorts } from './userspace/relayed.ts';

export interface ModesOptions {
  readonly mode: Mode;
  readonly settings: ProxySettings;
  /** Writes rules, those of relayed ports as `ports` says. */
  readonly rules: Backend;
  readonly ports: RelayPorts;
}

export class ModesBackend implements Backend {
  readonly #options: ModesOptions;
  #mode: Mode;
  /** Of Services whose ports cannot be relayed. */
  readonly #problems: Map<string, readonly Problem[]> = new Map();
  /** What the node was last brought to; `undefined` at first, and after a failure. */
  #programmed: Mode | 'released' | undefined;
  #released = false;

  constructor(options: ModesOptions) {
    this.#options = options;
    this.#mode = options.mode;
  }

  get mode(): Mode {
    return this.#mode;
  }

  /** From the next sync on. */
  set mode(mode: Mode) {
    this.#mode = mode;
  }

  /** Whether anything is relayed. */
  get relays(): boolean {
    return this.#options.ports.size > 0;
  }

  /** From the next sync on the kernel routes everything, whatever the mode and whatever Services ask for. */
  release(): void {
    this.#released = true;
  }

  async sync(picture: Picture, changes: ChangeSet | undefined): Promise<SyncReport> {
    const { rules, ports } = this.#options;
    const mode = this.#released ? 'released' : this.#mode;
    const switched = this.#programmed !== undefined && this.#programmed !== mode;
    this.#programmed = undefined;
    const wanted = this.#wanted(picture, switched ? undefined : changes);
    if (wanted.size > 0) await this.#listen(wanted);
    // What a switch changes must be written before the kernel is looked at: else it would pass for somebody's doing.
    if (switched && changes === undefined) await rules.sync(picture, { ...NO_CHANGES, node: true });
    const report = await rules.sync(
      picture,
      switched && changes !== undefined ? { ...changes, node: true } : changes,
    );
    ports.retire();
    this.#programmed = mode;
    return { ...report, setAside: [...report.setAside, ...[...this.#problems.values()].flat()] };
  }

  watch(onForeign: (what: string) => void): Promise<Watch | undefined> {
    return this.#options.rules.watch?.(onForeign) ?? Promise.resolve(undefined);
  }

  cleanup(): Promise<void> {
    return this.#options.rules.cleanup();
  }

  describe(): BackendState {
    return this.#options.rules.describe();
  }

  /** Ports of each Service that is, or was, relayed. Reads the picture before the first await: it is not ours to keep. */
  #wanted(picture: Picture, changes: ChangeSet | undefined): ReadonlyMap<string, readonly Relayed[]> {
    const { settings, rules, ports } = this.#options;
    const families: readonly Family[] = rules.describe().families;
    const by = {
      mode: this.#mode,
      node: planNode(picture, settings),
      families,
      dnsService: settings.dnsService,
    };
    const before = new Set(ports.services);
    const keys =
      changes === undefined || changes.node
        ? new Set([...picture.services.keys(), ...before])
        : changes.services;
    const wanted = new Map<string, readonly Relayed[]>();
    for (const key of keys) {
      const entry = picture.services.get(key);
      const relayed = entry === undefined || this.#released ? [] : relayedPorts(entry, by);
      if (relayed.length > 0 || before.has(key)) wanted.set(key, relayed);
    }
    return wanted;
  }

  async #listen(wanted: ReadonlyMap<string, readonly Relayed[]>): Promise<void> {
    for (const [key, relayed] of wanted) {
      const problems = await this.#options.ports.want(key, relayed);
      if (problems.length > 0) this.#problems.set(key, problems);
      else this.#problems.delete(key);
    }
  }
}
