/** The writes of one sync, gathered into as few restores as the backend likes. */
import type { Exec } from '../../../host/exec.ts';
import type { Table } from '../rules/rule.ts';
import type { Breather } from './breather.ts';
import { restore } from './restore.ts';
import type { Tools } from './tools.ts';

/**
 * Chains in one restore. iptables-nft compares each chain of its input with each other one, so that one restore
 * of 10,000 Services takes minutes and many small ones seconds; below this number starting the program costs more
 * than it saves. iptables-legacy replaces the whole table at each restore: there it is always one.
 */
const CHAINS_PER_RESTORE = 600;

/** A part of the input; parts go to the kernel in this order, each as a whole or not at all. */
export type Part = 'before' | 'nat' | 'after';

const PARTS: readonly { readonly part: Part; readonly table: Table }[] = [
  { part: 'before', table: 'filter' },
  { part: 'nat', table: 'nat' },
  { part: 'after', table: 'filter' },
];

/** Where rules of a table go when nothing says otherwise. */
export function partOf(table: Table): Part {
  return table === 'nat' ? 'nat' : 'after';
}

export class RestoreSession {
  readonly #exec: Exec;
  readonly #tools: Tools;
  readonly #breather: Breather;
  #parts = emptyParts();
  #chains = 0;
  restores = 0;

  constructor(exec: Exec, tools: Tools, breather: Breather) {
    this.#exec = exec;
    this.#tools = tools;
    this.#breather = breather;
  }

  /** Makes a chain if there is none, empties it otherwise, and gives it these rules. */
  chain(part: Part, name: string, rules: readonly string[]): void {
    const { declarations, lines } = this.#parts[part];
    declarations.push(`:${name} - [0:0]\n`);
    for (const rule of rules) lines.push(`-A ${name} ${rule}\n`);
    this.#chains++;
  }

  /** Makes a chain that is known not to be there. */
  declare(part: Part, name: string): void {
    this.#parts[part].declarations.push(`:${name} - [0:0]\n`);
  }

  /** A whole line, such as `-I PREROUTING …`. */
  line(part: Part, line: string): void {
    this.#parts[part].lines.push(`${line}\n`);
  }

  /** Deletes chains that by now nothing jumps to. */
  drop(part: Part, name: string): void {
    const { declarations, deletions } = this.#parts[part];
    // Emptied first: its own jumps would keep other chains from being deleted.
    declarations.push(`:${name} - [0:0]\n`);
    deletions.push(`-X ${name}\n`);
    this.#chains++;
  }

  /**
   * Between two writes, where the rules given so far are right without the ones that follow: writes them if they
   * are many, and lets others use the event loop.
   */
  async pause(): Promise<void> {
    if (this.#tools.variant === 'nft' && this.#chains >= CHAINS_PER_RESTORE) await this.flush();
    else if (this.#breather.due) await this.#breather.breathe();
  }

  async flush(): Promise<void> {
    const parts = this.#parts;
    this.#parts = emptyParts();
    this.#chains = 0;
    const input = PARTS.map(({ part, table }) => {
      const { declarations, lines, deletions } = parts[part];
      if (declarations.length + lines.length + deletions.length === 0) return '';
      return `*${table}\n${declarations.join('')}${lines.join('')}${deletions.join('')}COMMIT\n`;
    }).join('');
    if (input === '') return;
    this.restores++;
    await restore(this.#exec, this.#tools, input);
  }
}

interface Lines {
  readonly declarations: string[];
  readonly lines: string[];
  readonly deletions: string[];
}

function emptyParts(): Record<Part, Lines> {
  const empty = (): Lines => ({ declarations: [], lines: [], deletions: [] });
  return { before: empty(), nat: empty(), after: empty() };
}
