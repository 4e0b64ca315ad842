/** Whether a node can be relied on: its rules are in, and names are answered. */
import type { Clock } from '../host/clock.ts';
import type { AgentParts, Names } from './parts.ts';
import type { DnsEdge } from './names/dnsEdge.ts';
import type { Progress } from './progress.ts';
import { whyUnread } from './source/unread.ts';

/** Each part that must work, and what is wrong with it; empty when nothing is. */
export async function readinessOf(
  progress: Progress,
  parts: Pick<AgentParts, 'settings' | 'source' | 'routing' | 'names'>,
  edge: DnsEdge | undefined,
): Promise<Map<string, string>> {
  const { source, routing, names } = parts;
  const found = new Map<string, string>();
  if (progress.stopping) found.set('agent', 'stopping');
  const known = progress.sourceSyncedAt > 0 || progress.restoredAt > 0;
  found.set('source', known ? '' : whyUnread(source));
  if (routing !== undefined) {
    const trouble = routing.syncer.state().error || 'not programmed yet';
    found.set('rules', progress.rulesSyncedAt === 0 ? trouble : '');
  }
  if (names !== undefined) {
    // The DNS Service's addresses are taken last, and pods ask no others.
    const trouble = progress.opened ? dnsTrouble(names, parts.settings, edge) : 'not opened yet';
    found.set('dns', await trouble);
  }
  return found;
}

const POLL_MS = 100;

/** Calls `tell` when everything works, unless the agent is to stop before. */
export function onceReady(
  agent: { readonly progress: Progress; readiness(): Promise<Map<string, string>> },
  clock: Clock,
  tell: () => void,
): void {
  const look = async (): Promise<void> => {
    const parts = await agent.readiness();
    if (agent.progress.stopping) return;
    if ([...parts.values()].every((wrong) => wrong === '')) tell();
    else clock.after(POLL_MS, () => void look());
  };
  clock.after(POLL_MS, () => void look());
}

/** As `Agent.waitsFor`. */
export function missingForRules(
  progress: Progress,
  { source, routing }: Pick<AgentParts, 'source' | 'routing'>,
): string {
  if (progress.sourceSyncedAt === 0) return whyUnread(source);
  return progress.rulesSyncedAt === 0 ? (routing?.syncer.state().error ?? '') : '';
}

async function dnsTrouble(
  { dns, probe }: Names,
  { clusterDomain, nodeName, dnsService }: AgentParts['settings'],
  edge: DnsEdge | undefined,
): Promise<string> {
  const [first] = dns.state().listening;
  if (first !== undefined) return probe(first, clusterDomain);
  return edge?.failures[0] ?? `no address to answer on: no Node ${nodeName}, no Service ${dnsService}`;
}
