/** Watching over the rules of all parts of the agent with what this machine has. */
import { messageOf } from '../errors/caught.ts';
import type { Clock } from '../host/clock.ts';
import type { StartCompanion } from '../host/companion.ts';
import type { Exec } from '../host/exec.ts';
import type { JoinGroup } from '../host/netlink/group.ts';
import type { Holding, Watch } from './holding.ts';
import { NewsWatch } from './newsWatch.ts';
import { OwnPrograms } from './ownPrograms.ts';
import { PollWatch } from './pollWatch.ts';

export interface WatchHost {
  readonly exec: Exec;
  readonly clock: Clock;
  readonly companion: StartCompanion;
  readonly join: JoinGroup;
  /** The kernel would tell of changes, and we cannot listen: rules are looked at now and then instead. */
  readonly onDeaf: (reason: string) => void;
}

export class RuleWatch {
  /** Programs that change our rules are to be run by this, for their changes not to be taken for others'. */
  readonly exec: Exec;
  readonly #news: NewsWatch;
  readonly #poll: PollWatch;
  readonly #onDeaf: (reason: string) => void;
  #told = false;

  constructor({ exec, clock, companion, join, onDeaf }: WatchHost) {
    const own = new OwnPrograms(exec);
    this.exec = own.exec;
    this.#news = new NewsWatch(join, own);
    this.#poll = new PollWatch(clock, companion);
    this.#onDeaf = onDeaf;
  }

  /** To be called once the holding's rules are in. */
  async add(holding: Holding): Promise<Watch> {
    // The kernel tells nobody of legacy tables.
    if (holding.programs.some(({ variant }) => variant === 'legacy')) return this.#poll.add(holding);
    try {
      return await this.#news.add(holding);
    } catch (error) {
      if (!this.#told) this.#onDeaf(messageOf(error));
      this.#told = true;
      return this.#poll.add(holding);
    }
  }
}
