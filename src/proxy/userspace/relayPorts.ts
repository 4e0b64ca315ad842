/** The listeners of all relayed ports: opened before rules lead to them, closed after none does. */
import { codeOf, messageOf } from '../../errors/caught.ts';
import { type Clock, sleep } from '../../host/clock.ts';
import type { Family } from '../../net/ip.ts';
import type { Problem } from '../../kube/problem.ts';
import { formatSocketAddress } from '../../net/socketAddress.ts';
import type { Log } from '../../telemetry/log.ts';
import type { RelayLookup, RelayRules } from '../iptables/rules/options.ts';
import { portNumbers } from './portNumber.ts';
import type { Relay, RelayListener } from './relay.ts';
import { relayKey, type Relayed } from './relayed.ts';

/**
 * A connection that was on its way as the rules changed is taken, not refused: also when its SYN, or our answer, was
 * lost and comes again, after 1 s and then 2 s more, to where connection tracking sent the first one.
 */
const GRACE_MS = 3_500;
/** For all at once, at the end of the process, for which somebody waits: one such loss is covered. */
const LAST_GRACE_MS = 1_500;

export interface RelayPortsOptions {
  readonly relay: Relay;
  /** This node's own address for relays; `undefined` where it can have none of the family. */
  readonly addressOf: (family: Family) => Promise<string | undefined>;
  /** Connections of a listener that is closed may go on for so long. */
  readonly drainMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

interface Open {
  readonly listener: RelayListener;
  /** `10.0.0.1:80` or `[fd00::1]:80` */
  readonly text: string;
}

export class RelayPorts implements RelayRules {
  readonly #options: RelayPortsOptions;
  readonly #open: Map<string, Open> = new Map();
  /** Keys of listeners by Service. */
  readonly #byService: Map<string, ReadonlySet<string>> = new Map();
  /** Addresses with their ports that are listened on. */
  readonly #texts: Set<string> = new Set();
  /** With what tells one time that a key was not asked for from the next. */
  readonly #unused: Map<string, symbol> = new Map();
  readonly #addresses: Map<Family, string> = new Map();

  #leave: () => Promise<void> = () => Promise.resolve();

  constructor(options: RelayPortsOptions) {
    this.#options = options;
  }

  /**
   * `leave` is called when listeners are about to close that no rule leads to: UDP flows that connection tracking still
   * carries to them must go elsewhere. They close once it has settled; it must not reject.
   */
  onLeaving(leave: () => Promise<void>): void {
    this.#leave = leave;
  }

  /** Where rules lead to. Not to what is about to be retired, though it still listens. */
  readonly lookup: RelayLookup = (plan, family, reach) => {
    const key = relayKey(plan, family, reach);
    return this.#unused.has(key) ? undefined : this.#open.get(key)?.text;
  };

  /** Stays known: it is shielded from whoever would go there past the rules, until this process ends. */
  readonly listenAddress = (family: Family): string | undefined => this.#addresses.get(family);

  /** Whether a relay listens there, `10.0.0.1:80`. */
  readonly isRelay = (text: string): boolean => this.#texts.has(text);

  get size(): number {
    return this.#open.size;
  }

  /** Services that have listeners. */
  get services(): Iterable<string> {
    return this.#byService.keys();
  }

  /**
   * Listens for each port of a Service, or points its listeners elsewhere. One that cannot be opened is left to the
   * kernel, and told. What the Service no longer needs listens on until `retire`.
   */
  async want(service: string, ports: readonly Relayed[]): Promise<readonly Problem[]> {
    const before = this.#byService.get(service) ?? new Set();
    const keys = new Set(ports.map(({ key }) => key));
    for (const key of before) if (!this.#unused.has(key)) this.#unused.set(key, Symbol(key));
    for (const key of keys) this.#unused.delete(key);
    if (keys.size > 0) this.#byService.set(service, keys);
    else this.#byService.delete(service);
    const opened = await Promise.all(ports.map((port) => this.#ensure(service, port)));
    return opened.filter((problem) => problem !== undefined);
  }

  /** To be called once no rule leads to what `want` no longer asked for: it is closed a moment later. */
  retire(): void {
    const unused = [...this.#unused];
    if (unused.length === 0) return;
    this.#options.clock.after(GRACE_MS, () => {
      // One that was asked for meanwhile, and again not, has its own moment to wait for.
      const due = unused.filter(([key, since]) => this.#unused.get(key) === since);
      void this.#close(
        due.map(([key]) => key),
        this.#options.drainMs,
      );
    });
  }

  /** Ends all: what is carried may go on for `drainMs`. */
  async close(drainMs: number): Promise<void> {
    if (this.#open.size > 0) await sleep(this.#options.clock, Math.min(LAST_GRACE_MS, drainMs));
    await this.#close([...this.#open.keys()], drainMs);
    await this.#options.relay.close();
  }

  async #ensure(service: string, { key, family, protocol, targets }: Relayed): Promise<Problem | undefined> {
    const open = this.#open.get(key);
    if (open !== undefined) {
      open.listener.retarget(targets);
      return undefined;
    }
    const address = await this.#options.addressOf(family);
    if (address === undefined) return undefined;
    this.#addresses.set(family, address);
    for (const port of portNumbers(key)) {
      const text = formatSocketAddress({ address, port });
      try {
        const listener = await this.#options.relay.listen({ protocol, address, port }, targets);
        this.#open.set(key, { listener, text });
        this.#texts.add(text);
        return undefined;
      } catch (error) {
        if (codeOf(error) !== 'EADDRINUSE') return problemOf(service, targets.name, error);
      }
    }
    return problemOf(service, targets.name, new Error(`all ports of ${address} are taken`));
  }

  async #close(keys: readonly string[], drainMs: number): Promise<void> {
    const leaving = keys.flatMap((key) => this.#forget(key) ?? []);
    if (leaving.length === 0) return;
    await this.#leave();
    await Promise.all(
      leaving.map(({ listener, text }) =>
        listener.close(drainMs).catch((error: unknown) => {
          this.#options.log.warn({ error, address: text }, 'a relay did not close');
        }),
      ),
    );
  }

  #forget(key: string): Open | undefined {
    const open = this.#open.get(key);
    this.#unused.delete(key);
    this.#open.delete(key);
    if (open !== undefined) this.#texts.delete(open.text);
    return open;
  }
}

function problemOf(service: string, port: string, error: unknown): Problem {
  const [namespace = '', name = ''] = service.split('/');
  const reason = messageOf(error);
  return {
    object: { kind: 'Service', namespace, name },
    field: 'spec.ports',
    message: `${port} is routed by the kernel: it cannot be relayed: ${reason}`,
    reason: 'NotRelayed',
  };
}
