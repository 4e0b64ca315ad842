/**
 * Notices what others do to our rules on the nft backend: the kernel tells every change to who listens. What our own
 * programs change it leaves out, so that no sync, however large, costs us anything here or passes for somebody
 * else's doing; and idle, nothing runs.
 */
import { AT, NETLINK_NETFILTER } from '../host/netlink/constants.ts';
import type { GroupSocket, JoinGroup } from '../host/netlink/group.ts';
import { readMessages } from '../host/netlink/messages.ts';
import type { Holding, Watch } from './holding.ts';
import type { OwnPrograms } from './ownPrograms.ts';
import { readRuleChange, RULE_NEWS_GROUP, type RuleChange } from './ruleChange.ts';

export class NewsWatch {
  readonly #join: JoinGroup;
  readonly #own: OwnPrograms;
  readonly #holdings = new Set<Holding>();
  /** While there is something to watch over. */
  #socket: Promise<GroupSocket> | undefined;
  /** What they do is left out. */
  #leftOut: ReadonlySet<number> = new Set();

  constructor(join: JoinGroup, own: OwnPrograms) {
    this.#join = join;
    this.#own = own;
  }

  /** Rejects where we cannot listen. */
  async add(holding: Holding): Promise<Watch> {
    this.#holdings.add(holding);
    this.#socket ??= this.#listen();
    try {
      await this.#socket;
    } catch (error) {
      this.#holdings.delete(holding);
      this.#socket = undefined;
      throw error;
    }
    return { exact: true, stop: () => this.#remove(holding) };
  }

  async #remove(holding: Holding): Promise<void> {
    if (!this.#holdings.delete(holding) || this.#holdings.size > 0) return;
    const socket = this.#socket;
    this.#socket = undefined;
    this.#own.onChange = () => undefined;
    (await socket)?.close();
  }

  async #listen(): Promise<GroupSocket> {
    const socket = await this.#join(NETLINK_NETFILTER, RULE_NEWS_GROUP, {
      received: (bytes, length) => this.#read(bytes, length),
      missed: (reason) => this.#tell(() => `news of changes were missed: ${reason}`),
    });
    const leaveOut = (pids: ReadonlySet<number>): void => {
      // What waits is still read with the old ones left out, and is of the new ones only if they were very quick.
      this.#leftOut = new Set([...this.#leftOut, ...pids]);
      socket.leaveOut(pids);
      this.#leftOut = pids;
    };
    this.#own.onChange = leaveOut;
    leaveOut(this.#own.running);
    return socket;
  }

  #read(bytes: Buffer, length: number): void {
    readMessages(bytes, length, {
      content: (type, at, end) => {
        if (this.#leftOut.has(bytes.readUInt32LE(at + AT.port))) return;
        const change = readRuleChange(bytes, type, at, end);
        if (change !== undefined)
          this.#tell((holding) => (concerns(change, holding) ? describe(change) : ''));
      },
      answered: () => false,
    });
  }

  #tell(what: (holding: Holding) => string): void {
    for (const holding of this.#holdings) {
      const text = what(holding);
      if (text !== '') holding.onForeign(text);
    }
  }
}

function concerns({ kind, family, table, chain }: RuleChange, holding: Holding): boolean {
  if (!holding.programs.some((one) => one.family === family)) return false;
  return kind === 'added' ? holding.owns(table, chain) : holding.has(table, chain);
}

function describe({ kind, family, table, chain }: RuleChange): string {
  if (chain === '') return `table ${table} (${family}) was deleted`;
  return kind === 'added'
    ? `a rule was added to ${table} ${chain} (${family})`
    : `rules of ${table} ${chain} (${family}) were removed`;
}
