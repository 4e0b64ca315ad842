/** All manifests together: what each object is, and what is wrong between files. */
import { describeProblem, type Problem } from '../problem.ts';
import type { NamespaceRecord, ObjectRecord } from '../records.ts';
import type { TurnBudget } from '../stream/turnBudget.ts';
import type { Manifest } from './manifest.ts';

/** Picks the objects that are told at all. */
export type Wanted = (object: {
  readonly kind: string;
  readonly name: string;
  /** Of Pods. */
  readonly nodeName?: string;
}) => boolean;

/** An object as its file defines it. An Endpoints object has several records, others one. */
export interface Definition {
  /** `services.yaml, document 2` */
  readonly origin: string;
  readonly records: readonly ObjectRecord[];
  /** Its shape cannot be read; what was told of it before stays. */
  readonly problem?: Problem;
}

export interface Merged {
  readonly definitions: ReadonlyMap<string, Definition>;
  /** One line each. */
  readonly errors: readonly string[];
}

/**
 * Of two definitions of one object the first counts, in byte order of the files' names, then in the file's order.
 */
export async function merge(
  manifests: readonly Manifest[],
  wanted: Wanted,
  budget: TurnBudget,
): Promise<Merged> {
  const definitions = new Map<string, Definition>();
  const errors: string[] = [];
  for (const manifest of [...manifests].sort((a, b) => (a.file < b.file ? -1 : 1))) {
    for (const object of manifest.objects) {
      const origin = `${manifest.file}, ${object.where}`;
      const first = definitions.get(object.id);
      if (first !== undefined) {
        errors.push(`${origin}: ${object.id} is in ${first.origin} already, which counts`);
      } else if ('problem' in object) {
        const problem = { ...object.problem, origin };
        // No object of the kinds we tell: nobody else would say it.
        if (problem.object.kind === 'Endpoints') errors.push(describeProblem(problem));
        definitions.set(object.id, { origin, records: [], ...(wanted(problem.object) ? { problem } : {}) });
      } else {
        definitions.set(object.id, { origin, records: object.records.filter(wanted) });
      }
      if (budget.spent) await budget.next();
    }
  }
  for (const record of namespacesOf(definitions)) {
    definitions.set(`Namespace ${record.name}, lived in`, { origin: '', records: [record] });
  }
  return { definitions, errors };
}

/** Who writes no Namespace at all means that those he uses exist; who writes one means all of them. */
function namespacesOf(definitions: ReadonlyMap<string, Definition>): NamespaceRecord[] {
  const records = [...definitions.values()].flatMap((definition) => definition.records);
  if (records.some((record) => record.kind === 'Namespace')) return [];
  const names = new Set(records.map((record) => record.namespace).filter((name) => name !== ''));
  return [...names].map((name) => ({ kind: 'Namespace', namespace: '', name }));
}
