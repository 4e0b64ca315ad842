/** The lease on the DNS Service's addresses: a set in the kernel whose members vanish unless we renew them. */
import { type Clock, sleep, type Timer } from '../../host/clock.ts';
import type { Companion, StartCompanion } from '../../host/companion.ts';
import type { Exec } from '../../host/exec.ts';
import { type Family, familyOf } from '../../net/ip.ts';
import type { Log } from '../../telemetry/log.ts';
import { CONNECTION_SECONDS, connectionSetName, setName } from './rules.ts';

/** Seconds after which queries go to other nodes when nothing is heard of us: two renewals in a row may be lost. */
const LEASE_SECONDS = 3;
const RENEW_MS = 1000;
const TIMEOUT_MS = 2000;
/** The kernel lets go of a set a moment after the rule that named it is gone. */
const DESTROY_TRIES = 40;
const DESTROY_WAIT_MS = 50;

export type LeaseState = 'none' | 'held' | 'lost';

export interface LeaseHost {
  readonly exec: Exec;
  readonly clock: Clock;
  readonly log: Log;
  readonly companion: StartCompanion;
}

/** Renewed from the main thread's own loop on purpose: an agent that hangs should lose it just as a dead one does. */
export class Lease {
  readonly #host: LeaseHost;
  #addresses: readonly string[] = [];
  #state: LeaseState = 'none';
  #timer: Timer | undefined;
  /** `ipset` taking commands from us, while there is something to renew. */
  #ipset: Companion | undefined;
  /** What went wrong since the last renewal. */
  #complaint: string | undefined;

  constructor(host: LeaseHost) {
    this.#host = host;
  }

  get state(): LeaseState {
    return this.#state;
  }

  /** Makes the sets, which rules must name before anything is leased. Rejects with what ipset said. */
  prepare(families: readonly Family[]): Promise<void> {
    return this.#run(families.flatMap((family) => [create(family), createConnections(family)]));
  }

  /** Leases exactly these from now on, until `drop`. Rejects when that fails, and then renews nothing. */
  async hold(addresses: readonly string[]): Promise<void> {
    const gone = this.#addresses.filter((address) => !addresses.includes(address));
    await this.pause();
    await this.#run([
      ...gone.map((address) => `del ${setName(familyOf(address))} ${address}`),
      ...renewal(addresses),
    ]);
    if (addresses.length === 0) return;
    this.#addresses = addresses;
    this.#state = 'held';
    this.#schedule();
  }

  /** Ends the lease at once, whoever held it: queries go to other nodes from here on. Never rejects. */
  async drop(families: readonly Family[]): Promise<void> {
    await this.pause();
    for (const family of families) {
      // A set that does not exist holds nothing.
      await this.#run([`flush ${setName(family)}`]).catch(() => undefined);
    }
  }

  /** Removes the sets; no rule may name them any more. Rejects with what ipset said. */
  async destroy(families: readonly Family[]): Promise<void> {
    for (const set of families.flatMap((family) => [setName(family), connectionSetName(family)])) {
      const { code } = await this.#host.exec.run(['ipset', 'list', '-name', set]);
      if (code === 0) await this.#destroyOne(set, DESTROY_TRIES);
    }
  }

  async #destroyOne(set: string, tries: number): Promise<void> {
    try {
      await this.#run([`destroy ${set}`]);
    } catch (error) {
      if (tries <= 1) throw error;
      await sleep(this.#host.clock, DESTROY_WAIT_MS);
      await this.#destroyOne(set, tries - 1);
    }
  }

  /** Stops renewing, and waits for a renewal under way: one that comes late would undo what follows. Never rejects. */
  async pause(): Promise<void> {
    this.#timer?.cancel();
    this.#addresses = [];
    this.#state = 'none';
    const ipset = this.#ipset;
    this.#ipset = undefined;
    await ipset?.stop();
  }

  #schedule(): void {
    this.#timer = this.#host.clock.after(RENEW_MS, () => this.#renew());
  }

  #renew(): void {
    this.#judgeLast();
    this.#ipset ??= this.#host.companion(['ipset', '-'], {
      complained: (text) => {
        this.#complaint = text;
      },
      ended: (reason) => {
        this.#complaint = reason;
        this.#ipset = undefined;
      },
    });
    this.#ipset.tell(renewal(this.#addresses).map((command) => `${command} -exist`));
    this.#schedule();
  }

  /** ipset says nothing when it succeeds; a second of silence is its yes. */
  #judgeLast(): void {
    const complaint = this.#complaint;
    this.#complaint = undefined;
    if (complaint === undefined) {
      if (this.#state === 'lost') this.#host.log.info({}, 'DNS is answered on this node again');
      this.#state = 'held';
      return;
    }
    const message = 'cannot renew the lease on the DNS addresses: queries go to other nodes';
    if (this.#state === 'held') this.#host.log.warn({ error: complaint }, message);
    this.#state = 'lost';
  }

  /** Runs the commands up to the first that fails. */
  async #run(commands: readonly string[]): Promise<void> {
    if (commands.length === 0) return;
    const stdin = `${commands.join('\n')}\n`;
    const argv = ['ipset', 'restore', '-exist'] as const;
    const { code, stderr } = await this.#host.exec.run(argv, { stdin, timeoutMs: TIMEOUT_MS });
    if (code !== 0) throw new Error(stderr.trim().split('\n')[0] || `ipset: exit code ${code}`);
  }
}

function create(family: Family): string {
  return `create ${setName(family)} hash:ip family ${inet(family)} timeout ${LEASE_SECONDS}`;
}

function createConnections(family: Family): string {
  const type = `hash:ip,port,ip family ${inet(family)}`;
  return `create ${connectionSetName(family)} ${type} timeout ${CONNECTION_SECONDS}`;
}

function inet(family: Family): string {
  return family === 'IPv4' ? 'inet' : 'inet6';
}

/** The sets too: a set that somebody destroyed comes back with the next renewal. */
function renewal(addresses: readonly string[]): string[] {
  const families = [...new Set(addresses.map(familyOf))];
  const adds = addresses.map(
    (address) => `add ${setName(familyOf(address))} ${address} timeout ${LEASE_SECONDS}`,
  );
  return [...families.map(create), ...adds];
}
