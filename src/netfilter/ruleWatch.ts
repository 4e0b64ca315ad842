/** Watching over the rules of all parts of the agent with what this machine has, one program for all of them. */
import type { Clock } from '../host/clock.ts';
import type { StartCompanion } from '../host/companion.ts';
import type { Exec } from '../host/exec.ts';
import { DestructionWatch, MONITOR_CHECK } from './destructionWatch.ts';
import type { Holding, Watch } from './holding.ts';
import { PollWatch } from './pollWatch.ts';

export interface WatchHost {
  readonly exec: Exec;
  readonly clock: Clock;
  readonly companion: StartCompanion;
}

export class RuleWatch {
  readonly #exec: Exec;
  readonly #monitor: DestructionWatch;
  readonly #poll: PollWatch;

  constructor({ exec, clock, companion }: WatchHost) {
    this.#exec = exec;
    this.#monitor = new DestructionWatch(clock, companion);
    this.#poll = new PollWatch(clock, companion);
  }

  /** To be called once the holding's rules are in. */
  async add(holding: Holding): Promise<Watch> {
    const legacy = holding.programs.some(({ variant }) => variant === 'legacy');
    const listens = !legacy && (await this.#canListen());
    return (listens ? this.#monitor : this.#poll).add(holding);
  }

  async #canListen(): Promise<boolean> {
    const { code, stdout } = await this.#exec.run(MONITOR_CHECK);
    const [, ...version] = /^nftables v(\d+)\.(\d+)\.(\d+)/.exec(stdout) ?? [];
    return code === 0 && version.length > 0 && !isLater(version.map(Number));
  }
}

/** nft 1.0.7 made `destroy` a command, and since then takes it for a syntax error after `monitor`. */
const LAST_TO_LISTEN = [1, 0, 6];

function isLater(version: readonly number[]): boolean {
  const differs = LAST_TO_LISTEN.findIndex((part, n) => part !== version[n]);
  return (version[differs] ?? 0) > (LAST_TO_LISTEN[differs] ?? 0);
}
