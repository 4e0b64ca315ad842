import { describeProblem } from '../../../src/kube/problem.ts';
import type { Kind, ObjectRecord, ObjectRef } from '../../../src/kube/records.ts';
import type { Watcher } from '../../../src/kube/source.ts';

/** Keeps what a source tells, and the order it was told in. */
export class Consumer implements Watcher {
  readonly records: Map<string, ObjectRecord> = new Map();
  readonly story: string[] = [];
  readonly syncs: Kind[] = [];

  upsert(record: ObjectRecord): void {
    this.records.set(keyOf(record), record);
    this.story.push(`+${record.name}`);
  }

  remove(ref: ObjectRef): void {
    if (!this.records.delete(keyOf(ref)))
      throw new Error(`${ref.kind} ${ref.name} was removed but never told`);
    this.story.push(`-${ref.name}`);
  }

  synced(kind: Kind): void {
    this.syncs.push(kind);
    this.story.push('synced');
  }

  unreadable(problem: Parameters<Watcher['unreadable']>[0]): void {
    this.story.push(`?${describeProblem(problem)}`);
  }

  /** What was told since the last call. */
  news(): string[] {
    return this.story.splice(0);
  }

  /** Cluster IPs by name. */
  get ips(): Record<string, string> {
    const services = [...this.records.values()].filter((record) => record.kind === 'Service');
    return Object.fromEntries(services.map((record) => [record.name, record.clusterIPs.join()]));
  }
}

function keyOf(ref: ObjectRef): string {
  return `${ref.kind} ${ref.namespace}/${ref.name}`;
}
