/** What is left out of the rules because this machine's kernel does not have it, and who is told. */
import type { Picture } from '../../catalog/picture.ts';
import type { Exec } from '../../host/exec.ts';
import type { Problem } from '../../kube/problem.ts';
import type { Log } from '../../telemetry/log.ts';
import type { FamilyTables } from './family/family.ts';
import { probeCapabilities } from './probe.ts';

/** Tries out, after a refusal, what the kernel may lack; true when rules are to be written without something. */
export async function lostCapability(exec: Exec, tables: FamilyTables, log: Log): Promise<boolean> {
  const before = tables.capabilities;
  tables.capabilities = await probeCapabilities(exec, tables.tools, before);
  const { affinity, randomFully } = tables.capabilities;
  const lost = [
    ...(before.affinity && !affinity ? ['match "recent": sessionAffinity has no effect'] : []),
    ...(before.randomFully && !randomFully
      ? ['"--random-fully": ports of masqueraded connections may clash']
      : []),
  ];
  for (const what of lost) log.warn({ family: tables.family }, `the kernel refuses ${what}`);
  return lost.length > 0;
}

/** Services that are routed, but not as they ask for. */
export function withoutAffinity(picture: Picture, families: readonly FamilyTables[]): readonly Problem[] {
  if (families.every(({ capabilities }) => capabilities.affinity)) return [];
  const wanting = [...picture.services.values()].filter(
    ({ service }) => service.routed && service.affinitySeconds > 0,
  );
  return wanting.map(({ service }) => ({
    object: { kind: 'Service', namespace: service.namespace, name: service.name },
    field: 'spec.sessionAffinity',
    message: 'routed without affinity: the kernel has no xt_recent',
    reason: 'AffinityUnsupported',
  }));
}
