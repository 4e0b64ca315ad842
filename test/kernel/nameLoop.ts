/** A pod that goes on asking for a name, by UDP and by TCP of each server at once. */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Netns } from '../../src/playground/network/netns.ts';
import type { TestNet } from '../support/net.ts';

/** `at` is in milliseconds since the epoch; `wrong` is empty for a query that was answered. */
export type Asked = readonly [way: string, at: number, wrong: string];

export interface Questions {
  readonly name: string;
  readonly servers: readonly string[];
  /** Milliseconds between an answer and the next query. */
  readonly pauseMs?: number;
}

const CLIENT = join(import.meta.dirname, '../support/nameClientProgram.ts');

export class NameLoop {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(net: TestNet, from: Netns, { name, servers, pauseMs = 2 }: Questions) {
    const child = net.start(from, process.execPath, CLIENT, 'loop', String(pauseMs), name, ...servers);
    this.#child = child;
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  }

  /** Every way has been asked once. */
  async started(): Promise<void> {
    const { value } = await this.#lines.next();
    if (value !== 'asking') throw new Error(`the client of names says ${value}`);
  }

  /** What was answered or given up since this was last asked. */
  tell(): Promise<readonly Asked[]> {
    return this.#say('tell');
  }

  /** The same of all that is still to come; no more is asked. */
  end(): Promise<readonly Asked[]> {
    return this.#say('end');
  }

  async #say(word: string): Promise<readonly Asked[]> {
    this.#child.stdin?.write(`${word}\n`);
    return JSON.parse(String((await this.#lines.next()).value)) as Asked[];
  }
}

export const lost = (asked: readonly Asked[]): readonly Asked[] =>
  asked.filter(([, , wrong]) => wrong !== '');
