/** Probe answers: kube-proxy's /healthz and /livez, and our /readyz. */
import type { Family } from '../net/ip.ts';
import { type HttpReply, type HttpRoutes, jsonReply, textReply } from '../telemetry/httpAnswer.ts';

/** kube-proxy's: two of its sync periods of 30 s. */
const STUCK_MS = 60_000;

/** Whether rules follow the cluster: `waitingMs` is how long the oldest change has waited to be programmed. */
export function followsCluster(waitingMs: number): boolean {
  return waitingMs < STUCK_MS;
}

/** What the probes ask the agent. */
export interface HealthView {
  /** Milliseconds that the oldest change has waited to be programmed; 0 when none waits. */
  waitingMs(): number;
  /** Milliseconds since the epoch when rules last matched the picture; the agent's start before the first time. */
  syncedAt(): number;
  families(): readonly Family[];
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
  const healthy = followsCluster(view.waitingMs());
  const good = healthy && extra.nodeEligible !== false;
  const now = new Date(view.now()).toISOString();
  // kube-proxy: while all is well there is nothing to be late with, so the update is as fresh as the answer.
  const lastUpdated = good ? now : new Date(view.syncedAt()).toISOString();
  const status = Object.fromEntries(view.families().map((family) => [family, { lastUpdated, healthy }]));
  return jsonReply(good ? 200 : 503, { lastUpdated, currentTime: now, ...extra, healthy, status });
}

/** What is to be known of a part that works. */
function notesOf(view: HealthView): ReadonlyMap<string, string> {
  const writtenAt = view.restoredFrom();
  if (writtenAt === undefined) return new Map();
  const note = `from the snapshot of ${new Date(writtenAt).toISOString()}, the API server has not been read yet`;
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
