/** From the agent's state to all that is known of one Service. */
import type { ServiceEntry } from '../../catalog/picture.ts';
import type { Asked } from '../../explain/facts/asked.ts';
import type { Facts } from '../../explain/facts/facts.ts';
import { findSubject, type Subject } from '../../explain/facts/subject.ts';
import { describeObject, describeProblem } from '../../kube/problem.ts';
import { VERSION } from '../version.ts';
import { gatherProbes } from './probes.ts';
import { gatherRouting } from './routing.ts';
import type { ExplainView } from './view.ts';

export interface Question {
  readonly asked: Asked;
  /** Canonical address of the client. */
  readonly from: string | undefined;
  /** Whether connections may be tried. */
  readonly probe: boolean;
}

/** Rejects where the kernel's rules cannot be read. */
export async function gatherFacts({ asked, from, probe }: Question, view: ExplainView): Promise<Facts> {
  const { routing: routingView, dns, machine, clusterDomain } = view;
  const picture = view.picture();
  const localAddresses = await machine.localAddresses();
  const nodeAddresses = [...new Set([...(picture.node?.addresses ?? []), ...localAddresses])];
  const subject = findSubject(asked, { picture, clusterDomain, nodeAddresses });
  const problems = problemsOf(subject, view);
  const entry = subject.kind === 'service' ? subject.entry : undefined;
  const found = subject.kind === 'service' ? subject : undefined;
  const [routing, probes] = await Promise.all([
    routingView === undefined ? undefined : gatherRouting(found, from, localAddresses, view, routingView),
    found === undefined || !probe ? [] : gatherProbes(found, view),
  ]);
  const {
    name = routingView?.settings.nodeName ?? '',
    addresses = [],
    podCIDRs = [],
    zone = '',
  } = picture.node ?? {};
  return {
    version: VERSION,
    of: view.of,
    node: { name, addresses, podCIDRs, zone },
    clusterDomain,
    unread: picture.synced ? '' : view.unread(),
    restored: picture.restored,
    subject,
    problems,
    ...(routing === undefined ? {} : { routing }),
    ...(dns === undefined
      ? {}
      : {
          dns: {
            held: entry !== undefined && dns.holds(entry.service.key),
            claimed: dns.leased() ? dns.claimed() : [],
            listening: dns.listening(),
          },
        }),
    probes,
  };
}

function problemsOf(subject: Subject, view: ExplainView): readonly string[] {
  const { problems } = view.picture();
  return objectsOf(subject)
    .flatMap((object) => problems.get(object) ?? [])
    .map(describeProblem);
}

/** As keys of `Picture.problems`. */
function objectsOf(subject: Subject): readonly string[] {
  switch (subject.kind) {
    case 'service':
    case 'noPort':
      return objectsOfEntry(subject.entry);
    case 'missing':
      return [describeObject({ kind: 'Service', namespace: subject.namespace, name: subject.name })];
    case 'nobody':
    case 'otherName':
    case 'ambiguous':
      return [];
    default:
      return subject satisfies never;
  }
}

function objectsOfEntry({ service, groups }: ServiceEntry): readonly string[] {
  const { namespace, name } = service;
  return [
    describeObject({ kind: 'Service', namespace, name }),
    ...groups.map((group) => describeObject({ kind: 'EndpointSlice', namespace, name: group.name })),
  ];
}
