/** Probe answers: kube-proxy's /healthz and /livez, and our /readyz. */
import type { Family } from '../../net/ip.ts';
import { type HttpReply, type HttpRoutes, jsonReply, textReply } from '../../telemetry/httpAnswer.ts';
import { followsCluster } from '../routing/followsCluster.ts';

export interface FamilyHealth {
  readonly family: Family;
  /** Milliseconds that the oldest change has waited to be programmed; 0 when none waits. */
  readonly waitingMs: number;
  /** Milliseconds since the epoch when rules last matched the picture; the agent's start before the first time. */
  readonly syncedAt: number;
}

/** What the probes ask the agent. */
export interface HealthView {
  /** Those that are routed. */
  families(): readonly FamilyHealth[];
  /** Milliseconds since the epoch. */
  startedAt(): number;
  /** Known, not being deleted, and not marked for removal by the cluster autoscaler. */
  nodeEligible(): boolean;
  now(): number;
  /** It is about to end. */
  stopping(): boolean;
  /** Each address for DNS has been tried once. */
  namesOpened(): boolean;
  /** Each part that must work, with what is wrong with it; empty when nothing is. */
  readiness(): Promise<ReadonlyMap<string, string>>;
  /** When the snapshot was written that stands in for the API server; `undefined` when none does. */
  restoredFrom(): number | undefined;
}

export type ProbeCounts = Map<number, number>;

export interface HealthCounts {
  readonly healthz: ProbeCounts;
  readonly livez: ProbeCounts;
}

/**
 * Routes of the health port. /healthz tells load balancers whether to send traffic to this node; /livez the kubelet
 * whether a restart may help, so it depends on neither the Node nor the API; /readyz whether rules and names work.
 */
export function healthRoutes(view: HealthView, counts: HealthCounts): HttpRoutes {
  const counted = (replies: ProbeCounts, reply: HttpReply): HttpReply => {
    replies.set(reply.status, (replies.get(reply.status) ?? 0) + 1);
    return reply;
  };
  return {
    '/healthz': () => counted(counts.healthz, proxyHealth(view, { nodeEligible: view.nodeEligible() })),
    '/livez': () => counted(counts.livez, proxyHealth(view, {})),
    '/readyz': async () => readyReply(await view.readiness(), notesOf(view)),
  };
}

function proxyHealth(view: HealthView, extra: { readonly nodeEligible?: boolean }): HttpReply {
  const families = view.families();
  const healthy = families.every(({ waitingMs }) => followsCluster(waitingMs));
  const good = healthy && extra.nodeEligible !== false;
  const now = view.now();
  const newest = Math.max(view.startedAt(), ...families.map(({ syncedAt }) => syncedAt));
  const status = Object.fromEntries(
    families.map(({ family, waitingMs, syncedAt }) => [
      family,
      { lastUpdated: iso(syncedAt), healthy: followsCluster(waitingMs) },
    ]),
  );
  return jsonReply(good ? 200 : 503, {
    // kube-proxy: while all is well there is nothing to be late with, so the update is as fresh as the answer.
    lastUpdated: iso(good ? now : newest),
    currentTime: iso(now),
    ...extra,
    healthy,
    ...(families.length === 0 ? {} : { status }),
  });
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** What is to be known of a part that works. */
function notesOf(view: HealthView): ReadonlyMap<string, string> {
  const writtenAt = view.restoredFrom();
  if (writtenAt === undefined) return new Map();
  const note = `from the snapshot of ${iso(writtenAt)}, the API server has not been read yet`;
  return new Map([['source', note]]);
}

/** In the shape of the API server's own /readyz, which operators know. */
function readyReply(parts: ReadonlyMap<string, string>, notes: ReadonlyMap<string, string>): HttpReply {
  const lines = [...parts].map(([part, wrong]) => {
    const note = notes.get(part);
    if (wrong !== '') return `[-]${part} failed: ${wrong}`;
    return note === undefined ? `[+]${part} ok` : `[+]${part} ok: ${note}`;
  });
  const ready = [...parts.values()].every((wrong) => wrong === '');
  return textReply(
    ready ? 200 : 503,
    `${[...lines, `readyz check ${ready ? 'passed' : 'failed'}`].join('\n')}\n`,
  );
}
