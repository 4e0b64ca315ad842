/** Whose catalog a snapshot holds. One of another cluster or node must never be taken for ours. */

export interface SnapshotOwner {
  /** Tells API servers apart: see clusterOf. */
  readonly cluster: string;
  readonly node: string;
  /** Of the kernel; empty where it is not known. */
  readonly boot: string;
}

export interface SnapshotHead extends SnapshotOwner {
  /** Milliseconds since the epoch. */
  readonly writtenAt: number;
}

const MAX_AGE_MS = 24 * 3_600_000;

/** Why it is not this owner's; empty when it is. The boot may be another. */
export function foreign(head: SnapshotOwner, owner: SnapshotOwner): string {
  if (head.cluster !== owner.cluster) return `it is of ${head.cluster}, and this cluster is ${owner.cluster}`;
  return head.node === owner.node ? '' : `it is of Node ${head.node}, and this is ${owner.node}`;
}

/** Pods of another boot are gone. A boot that is not known may be any. */
export function sameBoot(head: SnapshotOwner, owner: SnapshotOwner): boolean {
  return head.boot !== '' && head.boot === owner.boot;
}

/**
 * Why it is too old to go by; empty when it is not. Of the same boot it never is: the rules in the kernel are as old as
 * it, and pods that are known by it still hold their addresses. After a restart of the node nothing says so: a day
 * later an address may well lead to somebody else's pod, which is worse than to nobody.
 */
export function outdated(head: SnapshotHead, owner: SnapshotOwner, now: number): string {
  const ageMs = now - head.writtenAt;
  if (sameBoot(head, owner) || ageMs <= MAX_AGE_MS) return '';
  const hours = Math.floor(ageMs / 3_600_000);
  return `it is ${hours} h old, and the node was started anew since: after that a day is all it is good for`;
}

/** @throws Error when it is none */
export function readHead(line: string): SnapshotHead {
  const head: unknown = JSON.parse(line);
  if (!isHead(head)) throw new Error('its head is not complete');
  return head;
}

function isHead(value: unknown): value is SnapshotHead {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  const texts = ['cluster', 'node', 'boot'].every((name) => typeof fields.get(name) === 'string');
  return texts && typeof fields.get('writtenAt') === 'number';
}
