/** The lease on the DNS Service's addresses: a set in the kernel whose members vanish unless we renew them. */
import { type Clock, sleep, type Timer } from '../../host/clock.ts';
import type { Exec } from '../../host/exec.ts';
import { type Family, familyOf } from '../../net/ip.ts';
import type { Log } from '../../telemetry/log.ts';
import { setName } from './rules.ts';

/** Seconds after which queries go to other nodes when nothing is heard of us: three renewals may be lost. */
const LEASE_SECONDS = 3;
const RENEW_MS = 1000;
const TIMEOUT_MS = 2000;
/** The kernel lets go of a set a moment after the rule that named it is gone. */
const DESTROY_TRIES = 40;
const DESTROY_WAIT_MS = 50;

export type LeaseState = 'none' | 'held' | 'lost';

/**
 * Renewed from the main thread's own loop on purpose: an agent that hangs should lose it just as a dead one does.
 * A renewal is one short `ipset` process (3 ms, of which 1.7 ms on the loop).
 */
export class Lease {
  readonly #exec: Exec;
  readonly #clock: Clock;
  readonly #log: Log;
  #addresses: readonly string[] = [];
  #state: LeaseState = 'none';
  #timer: Timer | undefined;
  #renewing: Promise<void> = Promise.resolve();
  /** Grows when renewing stops, so that a renewal under way does not go on. */
  #turn = 0;

  constructor(exec: Exec, clock: Clock, log: Log) {
    this.#exec = exec;
    this.#clock = clock;
    this.#log = log;
  }

  get state(): LeaseState {
    return this.#state;
  }

  /** Makes the sets, which rules must name before anything is leased. Rejects with what ipset said. */
  prepare(families: readonly Family[]): Promise<void> {
    return this.#ipset(families.map(create));
  }

  /** Leases exactly these from now on, until `drop`. Rejects when the first time fails. */
  async hold(addresses: readonly string[]): Promise<void> {
    const gone = this.#addresses.filter((address) => !addresses.includes(address));
    await this.#pause();
    this.#addresses = addresses;
    await this.#ipset(gone.map((address) => `del ${setName(familyOf(address))} ${address}`));
    if (addresses.length === 0) {
      this.#state = 'none';
      return;
    }
    // Scheduled whatever comes of it: ipset may fail now and work in a second.
    try {
      await this.#ipset(renewal(addresses));
      this.#state = 'held';
    } finally {
      this.#schedule();
    }
  }

  /** Ends the lease at once, whoever held it: queries go to other nodes from here on. Never rejects. */
  async drop(families: readonly Family[]): Promise<void> {
    await this.#pause();
    this.#addresses = [];
    this.#state = 'none';
    for (const family of families) {
      // A set that does not exist holds nothing.
      await this.#ipset([`flush ${setName(family)}`]).catch(() => undefined);
    }
  }

  /** Removes the sets; no rule may name them any more. Rejects with what ipset said. */
  async destroy(families: readonly Family[]): Promise<void> {
    for (const family of families) {
      const { code } = await this.#exec.run(['ipset', 'list', '-name', setName(family)]);
      if (code === 0) await this.#destroyOne(setName(family), DESTROY_TRIES);
    }
  }

  async #destroyOne(set: string, tries: number): Promise<void> {
    try {
      await this.#ipset([`destroy ${set}`]);
    } catch (error) {
      if (tries <= 1) throw error;
      await sleep(this.#clock, DESTROY_WAIT_MS);
      await this.#destroyOne(set, tries - 1);
    }
  }

  /** Stops renewing, and waits for a renewal under way: one that comes late would undo what follows. */
  async #pause(): Promise<void> {
    this.#turn += 1;
    this.#timer?.cancel();
    await this.#renewing;
  }

  #schedule(): void {
    const turn = this.#turn;
    this.#timer = this.#clock.after(RENEW_MS, () => {
      this.#renewing = this.#renew(turn);
    });
  }

  async #renew(turn: number): Promise<void> {
    try {
      await this.#ipset(renewal(this.#addresses));
      if (this.#state === 'lost') this.#log.info({}, 'DNS is answered on this node again');
      this.#state = 'held';
    } catch (error) {
      const message = 'cannot renew the lease on the DNS addresses: queries go to other nodes';
      if (this.#state === 'held') this.#log.warn({ error: String(error) }, message);
      this.#state = 'lost';
    }
    if (turn === this.#turn) this.#schedule();
  }

  async #ipset(commands: readonly string[]): Promise<void> {
    if (commands.length === 0) return;
    const stdin = `${commands.join('\n')}\n`;
    const argv = ['ipset', 'restore', '-exist'] as const;
    const { code, stderr } = await this.#exec.run(argv, { stdin, timeoutMs: TIMEOUT_MS });
    if (code !== 0) throw new Error(stderr.trim().split('\n')[0] || `ipset: exit code ${code}`);
  }
}

function create(family: Family): string {
  const inet = family === 'IPv4' ? 'inet' : 'inet6';
  return `create ${setName(family)} hash:ip family ${inet} timeout ${LEASE_SECONDS}`;
}

/** The sets too: a set that somebody destroyed comes back with the next renewal. */
function renewal(addresses: readonly string[]): string[] {
  const families = [...new Set(addresses.map(familyOf))];
  const adds = addresses.map(
    (address) => `add ${setName(familyOf(address))} ${address} timeout ${LEASE_SECONDS}`,
  );
  return [...families.map(create), ...adds];
}
