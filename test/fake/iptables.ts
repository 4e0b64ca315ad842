/**
 * The iptables programs over tables in memory: both backends, both families. It refuses what the real ones refuse
 * and prints what they print, as far as this project asks it of them; the kernel tests hold it against them.
 */
import type { Exec, ExecOptions, ExecResult } from '../../src/host/exec.ts';
import { FakeTable } from './iptablesTable.ts';
import { Refusal } from './iptablesRule.ts';

type Variant = 'nft' | 'legacy';

export interface FakeIptablesOptions {
  readonly variants?: readonly Variant[];
  /** What `iptables` without a suffix is. */
  readonly plain?: Variant;
  readonly ipv6?: boolean;
  readonly version?: string;
  /** What the kernel does not have: a rule with this text is refused when it is committed. */
  readonly lacks?: readonly string[];
  /** Lines of rules that one restore of the nft backend may hold. */
  readonly mostLines?: number;
}

const PROGRAM = /^(ip6?tables)(?:-(nft|legacy))?(?:-(save|restore))?$/;

export class FakeIptables implements Exec {
  readonly #options: Required<FakeIptablesOptions>;
  /** By `VARIANT PROGRAM`; tables appear when they are first used. */
  readonly #tables = new Map<string, Map<string, FakeTable>>();
  /** Inputs of the restores that succeeded, oldest first. */
  readonly restores: string[] = [];
  /** Called after each table that was committed. */
  onCommit: () => void = () => undefined;
  /** Called before each program; what it gives is the program's result. */
  onRun: (argv: readonly string[]) => ExecResult | undefined = () => undefined;

  constructor(options: FakeIptablesOptions = {}) {
    this.#options = {
      variants: ['nft', 'legacy'],
      plain: 'nft',
      ipv6: true,
      version: '1.8.9',
      lacks: [],
      mostLines: Number.POSITIVE_INFINITY,
      ...options,
    };
  }

  async run(argv: readonly [string, ...string[]], options: ExecOptions = {}): Promise<ExecResult> {
    // A process takes a turn of the event loop at least.
    await Promise.resolve();
    const injected = this.onRun(argv);
    if (injected !== undefined) return injected;
    const [, program, suffix, tool] = PROGRAM.exec(argv[0]) ?? [];
    const variant = suffix === 'nft' || suffix === 'legacy' ? suffix : this.#options.plain;
    if (program === undefined || !this.#options.variants.includes(variant)) {
      return failure(127, `${argv[0]}: not found`);
    }
    const label = `${program} v${this.#options.version} (${variant === 'nft' ? 'nf_tables' : 'legacy'})`;
    if (argv[1] === '--version') return success(`${label}\n`);
    if (program === 'ip6tables' && !this.#options.ipv6) {
      return failure(3, `${label}: can't initialize ip6tables table \`nat': Table does not exist`);
    }
    const tables = this.tables(variant, program === 'ip6tables');
    if (tool === 'save') {
      const text = saved(tables, argv.includes('-t') ? argv[argv.indexOf('-t') + 1] : undefined);
      if (options.onStdout === undefined) return success(text);
      // In pieces that end anywhere, as a pipe delivers them.
      for (let from = 0; from < text.length; from += 1000) options.onStdout(text.slice(from, from + 1000));
      return success('');
    }
    if (tool === 'restore')
      return this.#restore(
        argv,
        variant,
        program === 'ip6tables',
        options.stdin ?? [...(options.stdinPieces ?? [])].join(''),
      );
    // Listing a chain is all that is asked of the program itself; it makes the table, as the real one does.
    if (argv.includes('-S')) return success(`-P ${argv.at(-1) ?? ''} ACCEPT\n`);
    return failure(2, `${label}: the fake does not know ${argv.join(' ')}`);
  }

  tables(variant: Variant, v6 = false): Map<string, FakeTable> {
    const key = `${variant} ${v6 ? 'ip6tables' : 'iptables'}`;
    const tables = this.#tables.get(key) ?? new Map<string, FakeTable>();
    this.#tables.set(key, tables);
    return tables;
  }

  /** Puts rules there, as somebody else would. Throws what iptables would say. */
  load(variant: Variant, input: string, v6 = false): void {
    const result = this.#restore(['-', '--noflush'], variant, v6, input);
    this.restores.pop();
    if (result.code !== 0) throw new Error(result.stderr);
  }

  /** All tables as iptables-save prints them, chains and tables sorted by name. */
  dump(variant: Variant, v6 = false): string {
    const tables = [...this.tables(variant, v6).values()].map((table) => {
      const sorted = [...table.chains].sort(([a], [b]) => (a < b ? -1 : 1));
      return new FakeTable(table.name, v6, new Map(sorted)).print();
    });
    return tables.sort().join('');
  }

  #restore(argv: readonly string[], variant: Variant, v6: boolean, input: string): ExecResult {
    if (!argv.includes('--noflush')) return failure(2, 'the fake only restores with --noflush');
    const tables = this.tables(variant, v6);
    let table: FakeTable | undefined;
    const lines = input.split('\n');
    for (const [index, line] of lines.entries()) {
      try {
        if (line === '' || line.startsWith('#')) continue;
        if (line.startsWith('*')) table = openTable(tables, line.slice(1), v6);
        else if (table === undefined) throw new Refusal(`Bad argument \`${line}'`, 2);
        else if (line === 'COMMIT') {
          this.#commit(tables, table, lines, variant);
          table = undefined;
        } else table.apply(line);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        // Only nft tells apart what its kernel side refuses.
        const code = variant === 'legacy' && error.code === 4 ? 1 : error.code;
        return failure(code, describe(error, index + 1, variant));
      }
    }
    if (table !== undefined) return failure(1, `iptables-restore: COMMIT expected at line ${lines.length}`);
    this.restores.push(input);
    return success('');
  }

  #commit(
    tables: Map<string, FakeTable>,
    table: FakeTable,
    lines: readonly string[],
    variant: Variant,
  ): void {
    const lacking = this.#options.lacks.find((text) => lines.some((line) => line.includes(text)));
    if (lacking !== undefined) throw new Refusal('No chain/target/match by that name.', 1);
    const rules = lines.filter((line) => line.startsWith('-')).length;
    if (variant === 'nft' && rules > this.#options.mostLines) {
      throw new Refusal('sendmsg() failed: Message too long', 1);
    }
    table.check();
    tables.set(table.name, table);
    this.onCommit();
  }
}

function openTable(tables: Map<string, FakeTable>, name: string, v6: boolean): FakeTable {
  if (!FakeTable.exists(name)) throw new Refusal(`table name '${name}' invalid`, 2);
  return tables.get(name)?.copy() ?? new FakeTable(name, v6);
}

/** What iptables-save prints of all tables, or of `only` one. */
export function saved(tables: ReadonlyMap<string, FakeTable>, only?: string): string {
  const wanted = [...tables.values()].filter(({ name }) => only === undefined || name === only);
  return wanted.map((table) => `# Generated by the fake\n${table.print()}# Completed\n`).join('');
}

/** Wrong text is told with its line; what the kernel refuses, legacy tells with the line of the COMMIT only. */
function describe({ message, code }: Refusal, line: number, variant: Variant): string {
  if (code === 2) return `iptables-restore v1.8.9: ${message}\nError occurred at line: ${line}\n`;
  if (variant === 'legacy') return `iptables-restore: line ${line} failed\n`;
  if (code === 4) return `iptables-restore v1.8.9 (nf_tables): \nline ${line}: ${message}\n`;
  return `iptables-restore: line ${line} failed: ${message}\n`;
}

const success = (stdout: string): ExecResult => ({ code: 0, stdout, stderr: '' });
const failure = (code: number, stderr: string): ExecResult => ({ code, stdout: '', stderr });
