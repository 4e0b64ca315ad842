/** Tells each problem once when it appears and once when it is gone. */
import type { Problem, ProblemReason } from '../../kube/problem.ts';
import { describeProblem } from '../../kube/problem.ts';
import type { Log } from '../../telemetry/log.ts';

/** By what has them: an object, or a part of the agent. */
export type ProblemsByOwner = ReadonlyMap<string, readonly Problem[]>;

/** A broken controller can break ten thousand objects at once: the log names the first, `status` all. */
const LINES_A_REPORT = 20;

const NONE: ReadonlyMap<string, Problem> = new Map();

export class ProblemReporter {
  readonly #log: Log;
  readonly #onNew: (problem: Problem) => void;
  /** By owner, then by line. */
  readonly #known = new Map<string, ReadonlyMap<string, Problem>>();

  constructor(log: Log, onNew: (problem: Problem) => void) {
    this.#log = log;
    this.#onNew = onNew;
  }

  /** Lines of what is wrong now, in no particular order. */
  get lines(): string[] {
    return [...this.#known.values()].flatMap((problems) => [...problems.keys()]);
  }

  /** How many there are of each reason. */
  counts(): ReadonlyMap<ProblemReason, number> {
    const counts = new Map<ProblemReason, number>();
    for (const problems of this.#known.values()) {
      for (const { reason = 'Unusable' } of problems.values()) {
        counts.set(reason, (counts.get(reason) ?? 0) + 1);
      }
    }
    return counts;
  }

  /** What is wrong now with these owners; all others are as they were. */
  report(now: ProblemsByOwner, owners: Iterable<string>): void {
    const appeared: Problem[] = [];
    const cleared: Problem[] = [];
    for (const owner of owners) {
      const before = this.#known.get(owner) ?? NONE;
      const after = new Map((now.get(owner) ?? []).map((problem) => [describeProblem(problem), problem]));
      for (const [line, problem] of after) if (!before.has(line)) appeared.push(problem);
      for (const [line, problem] of before) if (!after.has(line)) cleared.push(problem);
      if (after.size === 0) this.#known.delete(owner);
      else this.#known.set(owner, after);
    }
    this.#tell(appeared, (problem) =>
      this.#log.warn(fieldsOf(problem), problem.reason ? problem.message : `unusable: ${problem.message}`),
    );
    this.#tell(cleared, (problem) =>
      this.#log.info(
        fieldsOf(problem),
        problem.reason ? `no longer: ${problem.message}` : `usable again: was ${problem.message}`,
      ),
    );
    for (const problem of appeared) this.#onNew(problem);
  }

  #tell(problems: readonly Problem[], line: (problem: Problem) => void): void {
    for (const problem of problems.slice(0, LINES_A_REPORT)) line(problem);
    const rest = problems.length - LINES_A_REPORT;
    if (rest > 0) this.#log.warn({ more: rest }, 'more of the same: see fairlead status');
  }
}

function fieldsOf({ object, field, reason, origin }: Problem): object {
  const name = object.namespace === '' ? object.name : `${object.namespace}/${object.name}`;
  return { kind: object.kind, name, field: field === '' ? undefined : field, reason, origin };
}
