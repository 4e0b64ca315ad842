/** Tells each problem once when it appears and once when it is gone. */
import type { Problem } from '../kube/problem.ts';
import { describeProblem } from '../kube/problem.ts';
import type { Log } from '../telemetry/log.ts';

export type ProblemsByObject = ReadonlyMap<string, readonly Problem[]>;

/** A broken controller can break ten thousand objects at once: the log names the first, `status` all. */
const LINES_A_REPORT = 20;

export class ProblemReporter {
  readonly #log: Log;
  readonly #onNew: (problem: Problem) => void;
  #known: ReadonlyMap<string, Problem> = new Map();

  constructor(log: Log, onNew: (problem: Problem) => void) {
    this.#log = log;
    this.#onNew = onNew;
  }

  /** Lines of what is wrong now, in no particular order. */
  get lines(): string[] {
    return [...this.#known.keys()];
  }

  /** All problems there are now, from every part that finds some. */
  report(...parts: readonly ProblemsByObject[]): void {
    const now = new Map<string, Problem>();
    for (const problem of parts.flatMap((part) => [...part.values()]).flat()) {
      now.set(describeProblem(problem), problem);
    }
    const appeared = [...now].filter(([line]) => !this.#known.has(line));
    const cleared = [...this.#known].filter(([line]) => !now.has(line));
    this.#known = now;
    this.#tell(appeared, (problem) => this.#log.warn(fieldsOf(problem), `unusable: ${problem.message}`));
    this.#tell(cleared, (problem) =>
      this.#log.info(fieldsOf(problem), `usable again: was ${problem.message}`),
    );
    for (const [, problem] of appeared) this.#onNew(problem);
  }

  #tell(problems: readonly (readonly [string, Problem])[], line: (problem: Problem) => void): void {
    for (const [, problem] of problems.slice(0, LINES_A_REPORT)) line(problem);
    const rest = problems.length - LINES_A_REPORT;
    if (rest > 0) this.#log.warn({ more: rest }, 'more of the same: see fairlead status');
  }
}

function fieldsOf({ object, field, origin }: Problem): object {
  const name = object.namespace === '' ? object.name : `${object.namespace}/${object.name}`;
  return { kind: object.kind, name, field: field === '' ? undefined : field, origin };
}
