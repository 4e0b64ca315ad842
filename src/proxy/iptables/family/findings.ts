/** What a look at the kernel finds beside what should be there. */
import type { Family } from '../../../net/ip.ts';
import type { Table } from '../rules/rule.ts';

export interface Finding {
  readonly table: Table;
  /** Chains that were as they should be, not there, with other rules, and there without being wanted. */
  readonly equal: number;
  readonly missing: number;
  readonly different: number;
  readonly leftOver: number;
  /** Single rules of ours that were missing in chains of others. */
  readonly jumps: number;
}

type ChainState = 'equal' | 'missing' | 'different';

export class Findings {
  readonly #chains = { nat: new Map<string, ChainState>(), filter: new Map<string, ChainState>() };
  readonly #leftOver = { nat: 0, filter: 0 };
  readonly #jumps = { nat: 0, filter: 0 };

  /** A chain that should be there; more than once for one is no harm. */
  chain(table: Table, name: string, state: ChainState): void {
    this.#chains[table].set(name, state);
  }

  wants(table: Table, name: string): boolean {
    return this.#chains[table].has(name);
  }

  leftOver(table: Table, chains: number): void {
    this.#leftOver[table] += chains;
  }

  jump(table: Table): void {
    this.#jumps[table] += 1;
  }

  list(): readonly Finding[] {
    return (['nat', 'filter'] as const).map((table): Finding => {
      const counts = { equal: 0, missing: 0, different: 0 };
      for (const state of this.#chains[table].values()) counts[state] += 1;
      return { table, ...counts, leftOver: this.#leftOver[table], jumps: this.#jumps[table] };
    });
  }
}

/** Whether rules that translate were missing or wrong, whoever is to blame. */
export function lackedTranslation(findings: readonly Finding[]): boolean {
  return findings.some(
    ({ table, missing, different, jumps }) => table === 'nat' && missing + different + jumps > 0,
  );
}

/** One line for each thing that somebody else had done to a table of ours. */
export function describeRepairs(finding: Finding, family: Family): readonly string[] {
  const { table, missing, different, leftOver, jumps } = finding;
  const place = `${table} (${family})`;
  const gone = [count(missing, 'chain'), count(jumps, 'jump rule')].filter((text) => text !== '');
  return [
    ...(gone.length > 0
      ? [`${gone.join(' and ')} ${were(missing + jumps)} missing from ${place}: written again`]
      : []),
    ...(different > 0
      ? [
          `${count(different, 'chain')} of ${place} held other rules: ${different === 1 ? 'it was' : 'they were'} written again`,
        ]
      : []),
    ...(leftOver > 0 ? [`${count(leftOver, 'chain')} of ${place} ${were(leftOver)} nobody's: deleted`] : []),
  ];
}

/** What a new process found of an earlier one, or of kube-proxy; empty when that is nothing. */
export function describeTakeOver(findings: readonly Finding[], family: Family): string {
  const sum = (field: 'equal' | 'different' | 'leftOver'): number =>
    findings.reduce((total, finding) => total + finding[field], 0);
  const [equal, different, leftOver] = [sum('equal'), sum('different'), sum('leftOver')];
  if (equal + different + leftOver === 0) return '';
  return (
    `found rules of a Service proxy (${family}): ${equal} chains kept, ${different} rewritten, ` +
    `${leftOver} that nothing needs deleted`
  );
}

const were = (n: number): string => (n === 1 ? 'was' : 'were');

function count(n: number, noun: string): string {
  return n === 0 ? '' : `${n} ${noun}${n === 1 ? '' : 's'}`;
}
