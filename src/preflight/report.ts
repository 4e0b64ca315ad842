/** Findings as a person reads them. */
import { type Finding, type Level, LEVELS } from './finding.ts';

export type Counts = Readonly<Record<Level, number>>;

export function countsOf(findings: readonly Finding[]): Counts {
  const of = (level: Level): number => findings.filter((finding) => finding.level === level).length;
  return { ok: of('ok'), warning: of('warning'), blocker: of('blocker') };
}

/** A row for each finding, its hint below it, and the sum. */
export function reportText(findings: readonly Finding[]): string {
  const level = Math.max(...LEVELS.map(({ length }) => length));
  const check = Math.max(0, ...findings.map((finding) => finding.check.length));
  const rows = findings.flatMap((finding) => [
    `${finding.level.padEnd(level)}  ${finding.check.padEnd(check)}  ${finding.found}`,
    ...(finding.hint === '' ? [] : [`${' '.repeat(level + check + 4)}-> ${finding.hint}`]),
  ]);
  return [...rows, '', sum(countsOf(findings))].join('\n');
}

function sum({ ok, warning, blocker }: Counts): string {
  const many = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
  const verdict =
    blocker > 0
      ? 'Do not start Fairlead here yet'
      : warning > 0
        ? 'Fairlead can be started; read the warnings'
        : 'Fairlead can be started';
  return `${verdict}: ${many(blocker, 'blocker')}, ${many(warning, 'warning')}, ${ok} ok.`;
}
