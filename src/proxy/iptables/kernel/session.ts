/** The writes of one sync, gathered into as few restores as the backend likes. */
import type { Exec } from '../../../host/exec.ts';
import type { Table } from '../rules/rule.ts';
import type { Breather } from './breather.ts';
import { RestoreError, restore } from './restore.ts';
import type { Tools } from './tools.ts';

/** A part of the input of one restore; parts go to the kernel in this order, each as a whole or not at all. */
export type Part = 'before' | 'nat' | 'after';

const PARTS: readonly { readonly part: Part; readonly table: Table }[] = [
  { part: 'before', table: 'filter' },
  { part: 'nat', table: 'nat' },
  { part: 'after', table: 'filter' },
];

function tableOf(part: Part): Table {
  return part === 'nat' ? 'nat' : 'filter';
}

/** Where rules of a table go when nothing says otherwise. */
export function partOf(table: Table): Part {
  return table === 'nat' ? 'nat' : 'after';
}

/** How much one restore may hold; lowered for good where the kernel finds it too much. */
export interface Batching {
  lines: number;
}

/**
 * iptables-nft compares each chain of its input with each other one, so that one restore of 10,000 Services takes
 * minutes and many small ones take seconds; in much smaller ones, starting the program would cost more than it
 * saves. iptables-legacy replaces the whole table at each restore: there it is always one.
 */
export function batchingFor(tools: Tools): Batching {
  return { lines: tools.variant === 'nft' ? 2500 : Number.POSITIVE_INFINITY };
}

/** A chain with its rules, a deletion, or single lines: what must not be torn apart. */
interface Write {
  readonly part: Part;
  readonly declaration: string;
  readonly lines: readonly string[];
  readonly deletion: string;
}

/**
 * Writes are given in an order in which the rules are right after each of them, as far as a packet can tell; so
 * restores may end between any two.
 */
export class RestoreSession {
  readonly #exec: Exec;
  readonly #tools: Tools;
  readonly #batching: Batching;
  readonly #breather: Breather;
  #writes: Write[] = [];
  #lines = 0;
  restores = 0;
  /** Rules in the restores that succeeded, by table. */
  readonly written: Record<Table, number> = { nat: 0, filter: 0 };

  constructor(exec: Exec, tools: Tools, batching: Batching, breather: Breather) {
    this.#exec = exec;
    this.#tools = tools;
    this.#batching = batching;
    this.#breather = breather;
  }

  /** Makes a chain if there is none, empties it otherwise, and gives it these rules. */
  chain(part: Part, name: string, rules: readonly string[]): void {
    const lines = rules.map((rule) => `-A ${name} ${rule}\n`);
    this.#write({ part, declaration: `:${name} - [0:0]\n`, lines, deletion: '' });
  }

  /** Whole lines, such as `-I PREROUTING …`. */
  line(part: Part, line: string): void {
    this.#write({ part, declaration: '', lines: [`${line}\n`], deletion: '' });
  }

  /** Deletes a chain that by now nothing jumps to. */
  drop(part: Part, name: string): void {
    this.#write({ part, declaration: `:${name} - [0:0]\n`, lines: [], deletion: `-X ${name}\n` });
  }

  #write(write: Write): void {
    this.#writes.push(write);
    this.#lines += sizeOf(write);
  }

  /** Writes what is enough for a restore, and lets others use the event loop. */
  async pause(): Promise<void> {
    if (this.#lines >= this.#batching.lines) await this.#writeDownTo(this.#batching.lines);
    else if (this.#breather.due) await this.#breather.breathe();
  }

  /** Writes everything. */
  async flush(): Promise<void> {
    await this.#writeDownTo(1);
  }

  /** Restores full batches until fewer lines are left. */
  async #writeDownTo(limit: number): Promise<void> {
    const writes = this.#writes;
    let from = 0;
    while (this.#lines >= limit) {
      let to = from;
      let lines = 0;
      do lines += sizeOf(writes[to++]);
      while (to < writes.length && lines + sizeOf(writes[to]) <= this.#batching.lines);
      if (!(await this.#restore(writes.slice(from, to), lines))) continue;
      from = to;
      this.#lines -= lines;
    }
    this.#writes = writes.slice(from);
  }

  /** False when it was too much for one restore, and the limit is lower now. */
  async #restore(writes: readonly Write[], lines: number): Promise<boolean> {
    this.restores++;
    try {
      await restore(this.#exec, this.#tools, inputOf(writes));
      for (const { part, lines: rules } of writes) this.written[tableOf(part)] += rules.length;
      return true;
    } catch (error) {
      // A root of a user namespace alone may not raise its socket buffer's limit, which a whole batch must fit in.
      const tooMuch = error instanceof RestoreError && error.stderr.includes('Message too long');
      if (!tooMuch || writes.length === 1) throw error;
      this.#batching.lines = lines >> 1;
      return false;
    }
  }
}

function sizeOf(write: Write | undefined): number {
  return 1 + (write?.lines.length ?? 0);
}

const PIECE_LENGTH = 65_536;

/** The input of one restore, in pieces: as one text, it may be tens of megabytes. */
function inputOf(writes: readonly Write[]): Iterable<string> {
  return { [Symbol.iterator]: () => gather(textsOf(writes)) };
}

function* gather(texts: Iterable<string>): Generator<string> {
  let piece = '';
  for (const text of texts) {
    piece += text;
    if (piece.length < PIECE_LENGTH) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

function* textsOf(writes: readonly Write[]): Generator<string> {
  for (const { part, table } of PARTS) {
    const own = writes.filter((write) => write.part === part);
    if (own.length === 0) continue;
    yield `*${table}\n`;
    for (const { declaration } of own) yield declaration;
    for (const { lines } of own) yield* lines;
    for (const { deletion } of own) yield deletion;
    yield 'COMMIT\n';
  }
}
