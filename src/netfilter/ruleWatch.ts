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
    const { code } = legacy ? { code: 1 } : await this.#exec.run(MONITOR_CHECK);
    return (code === 0 ? this.#monitor : this.#poll).add(holding);
  }
}
