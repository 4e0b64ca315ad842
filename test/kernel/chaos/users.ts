/** A pod that uses the cluster all the time: connections, datagrams and names, some of them for long. */
import { join } from 'node:path';
import type { Netns } from '../../../src/playground/network/netns.ts';
import type { Target } from '../../support/exchange.ts';
import type { LoadCommand, LoadReport } from '../../support/loadProgram.ts';
import type { TestNet } from '../../support/net.ts';
import { LineAnswers } from '../lineAnswers.ts';
import { targetsAt } from '../peers.ts';
import { lost, NameLoop, type Questions } from '../nameLoop.ts';

export interface Use {
  readonly targets: readonly Target[];
  readonly names: Questions;
}

/** Something that did not go well. */
export interface Loss {
  readonly kind: 'connection' | 'name';
  /** When it began, in milliseconds since the epoch. */
  readonly at: number;
  readonly what: string;
}

const PROGRAM = join(import.meta.dirname, '../../support/loadProgram.ts');
/** Many in the course of a story, and few enough for a busy machine. */
const EVERY_MS = 200;

export class Users {
  readonly #load: LineAnswers<LoadCommand, LoadReport>;
  readonly #names: NameLoop;
  #told = 0;

  private constructor(load: LineAnswers<LoadCommand, LoadReport>, names: NameLoop) {
    this.#load = load;
    this.#names = names;
  }

  /** Each way has been used once when this resolves. */
  static async begin(net: TestNet, from: Netns, { targets, names }: Use): Promise<Users> {
    const load = new LineAnswers<LoadCommand, LoadReport>(net.start(from, process.execPath, PROGRAM));
    const users = new Users(load, new NameLoop(net, from, names));
    await load.ask({ do: 'load', targets, everyMs: EVERY_MS });
    await Promise.all([users.#names.started(), users.more()]);
    return users;
  }

  /** Connections that stay from now on, one a target; resolves when each has been used, and for datagrams in any case. */
  async settle(targets: readonly Target[]): Promise<void> {
    await this.#load.ask({ do: 'open', targets });
  }

  /** Until each target has been connected to a few times more, and all that stays has been tried. */
  async more(): Promise<void> {
    await this.#load.ask({ do: 'more', count: 3 });
    await this.#load.ask({ do: 'try' });
  }

  /** Whether connections to the Service of peers with these addresses can be made. */
  async reach(hosts: readonly string[]): Promise<boolean> {
    return (await this.#load.ask({ do: 'connect', targets: targetsAt(hosts) })).failed.length === 0;
  }

  /** Losses since this was last asked. */
  async losses(): Promise<readonly Loss[]> {
    const { failed } = await this.#load.ask({ do: 'try' });
    const asked = await this.#names.tell();
    const connections = failed
      .slice(this.#told)
      .map(({ at, what }) => ({ kind: 'connection', at, what }) as const);
    this.#told = failed.length;
    const names = lost(asked).map(
      ([way, at, wrong]) => ({ kind: 'name', at, what: `${way}: ${wrong}` }) as const,
    );
    return [...connections, ...names];
  }
}
