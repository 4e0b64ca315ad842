/** From what is known of a Service to why it works or does not: the cause that a person would name first. */
import type { Facts, Lane, RoutingFacts } from '../facts/facts.ts';
import type { ServiceSubject } from '../facts/subject.ts';
import { endpointFinding, emptiness } from './endpoints.ts';
import { broken, type Cause, counted, type Finding, limited, listed } from './finding.ts';
import { nameFindings, type NameTold } from './names.ts';
import { failureOf, reachFindings } from './reach.ts';
import { wayFindings } from './rules.ts';
import { subjectFinding } from './subject.ts';

export interface Explanation {
  readonly works: boolean;
  readonly cause: Cause | 'works';
  /** One line. */
  readonly verdict: string;
  /** What to do about it; may be empty. */
  readonly advice: string;
  /** Whatever else was found, the gravest first. */
  readonly more: readonly Finding[];
}

export function explain(facts: Facts, names: readonly NameTold[]): Explanation {
  const { subject } = facts;
  const none = subjectFinding(subject, facts);
  if (subject.kind !== 'service') {
    const { cause = 'unusable', text = '', advice = '' } = none ?? {};
    return { works: false, cause, verdict: text, advice, more: [] };
  }
  const findings = distinct([...serviceFindings(subject, facts, names), ...subjectNotes(facts)]);
  const ordered = [...findings.filter(isBroken), ...findings.filter((one) => !isBroken(one))];
  const { key } = subject.entry.service;
  const [first, ...more] = ordered;
  if (first !== undefined && isBroken(first)) {
    const { cause, text, advice } = first;
    return { works: false, cause, verdict: `${key} does not work: ${text}`, advice, more };
  }
  const verb = facts.of === 'node' ? 'works' : 'would work';
  return {
    works: true,
    cause: 'works',
    verdict: `${key} ${verb}: ${whyItWorks(subject, facts, names)}${ordered.length > 0 ? '; but' : ''}`,
    advice: '',
    more: ordered,
  };
}

const isBroken = ({ level }: Finding): boolean => level === 'broken';

/** One endpoint that fails may be found by each family and port: it is told once. */
function distinct(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [`${finding.cause} ${finding.text}`, finding])).values()];
}

function serviceFindings(
  subject: ServiceSubject,
  facts: Facts,
  names: readonly NameTold[],
): readonly Finding[] {
  const { entry } = subject;
  const { service } = entry;
  const named = nameFindings(facts, subject, names);
  if (service.type === 'ExternalName') return named;
  if (service.headless) {
    const endpoints = headlessFinding(subject, facts);
    return endpoints === undefined ? named : [endpoints];
  }
  if (service.clusterIPs.length === 0) {
    return [
      broken(
        'no-address',
        'it has no clusterIP yet',
        'the API server gives it one; a manifest must name it itself',
      ),
    ];
  }
  if (!service.routed) return [otherProxy(), ...named];
  const { routing } = facts;
  if (routing === undefined) {
    const off = limited('routing-off', 'this agent routes nothing (--proxy off): another program must');
    const empty = emptiness(entry, undefined);
    return empty === undefined ? [off, ...named] : [empty];
  }
  const [refused] = routing.refused;
  if (refused !== undefined) {
    return [
      broken('rules-refused', `the kernel does not take its rules: ${refused}`, 'fairlead status tells more'),
    ];
  }
  const lanes = routing.lanes.flatMap((lane) => laneFindings(lane, subject, facts, routing));
  return [...lanes, ...named];
}

function otherProxy(): Finding {
  return limited(
    'other-proxy',
    'another proxy routes it (label service.kubernetes.io/service-proxy-name): only its name is told here',
    'ask that proxy, or take the label away',
  );
}

function headlessFinding({ entry }: ServiceSubject, { probes }: Facts): Finding | undefined {
  const empty = emptiness(entry, undefined);
  if (empty !== undefined) return empty;
  const failing = probes.filter(({ result }) => result !== 'connected');
  return failureOf(probes, failing, false);
}

/** Where there is more than one, which one is meant. */
function laneFindings(
  lane: Lane,
  subject: ServiceSubject,
  facts: Facts,
  routing: RoutingFacts,
): readonly Finding[] {
  const { lanes } = routing;
  const label = [
    new Set(lanes.map(({ plan }) => plan.name)).size > 1
      ? `port ${lane.plan.port}/${lane.plan.protocol}`
      : '',
    new Set(lanes.map(({ family }) => family)).size > 1 ? lane.family : '',
  ].filter((text) => text !== '');
  const found = findingsOf(lane, subject, facts, routing);
  if (label.length === 0 || isSameEverywhere(subject)) return found;
  return found.map((finding) => ({ ...finding, text: `${label.join(', ')}: ${finding.text}` }));
}

/** Without any endpoint it makes no difference by which port. */
function isSameEverywhere({ entry }: ServiceSubject): boolean {
  return entry.groups.every(({ endpoints }) => endpoints.length === 0);
}

function findingsOf(
  lane: Lane,
  subject: ServiceSubject,
  facts: Facts,
  routing: RoutingFacts,
): readonly Finding[] {
  const endpoints = endpointFinding(lane, subject, facts);
  // Queries do not meet the rules while the agent lives.
  const ownAnswers = lane.plan.port === 53 && facts.dns?.claimed.includes(lane.plan.clusterIP) === true;
  if (ownAnswers && endpoints !== undefined) {
    const text = `this agent answers it, and nobody would if it ended: ${endpoints.text}`;
    return [{ ...endpoints, level: 'limited', text }];
  }
  if (endpoints !== undefined && isBroken(endpoints)) return [endpoints];
  const ways = wayFindings(lane, subject, facts, routing);
  const rules = ways.length === 0 ? damageFinding(routing) : ways;
  const tried = rules.some(isBroken) ? [] : reachFindings(lane, facts);
  return [...(endpoints === undefined ? [] : [endpoints]), ...rules, ...tried, ...staleFinding(lane)];
}

function damageFinding({ damage }: RoutingFacts): readonly Finding[] {
  const [first] = damage;
  return first === undefined
    ? []
    : [
        limited(
          'rules-changed',
          `somebody changed its rules: ${first}`,
          'the agent writes them again by itself',
        ),
      ];
}

function staleFinding({ tracked, plan }: Lane): readonly Finding[] {
  if (tracked === undefined || typeof tracked === 'string' || tracked.gone === 0) return [];
  // TCP ends by itself; a UDP client that goes on sending would be led there for ever.
  if (plan.protocol !== 'UDP') return [];
  return [
    limited(
      'stale-connections',
      `${counted(tracked.gone, 'UDP flow')} of it ${tracked.gone === 1 ? 'leads' : 'lead'} to endpoints that are gone`,
      'the agent deletes them after its next sync',
    ),
  ];
}

/** What holds, whether the Service works or not. */
function subjectNotes({ problems, restored }: Facts): readonly Finding[] {
  return [
    ...(problems.length === 0
      ? []
      : [limited('partly-unusable', `part of it cannot be used: ${listed(problems)}`, 'correct the field')]),
    ...(restored
      ? [limited('not-read', 'the API server has not been read yet: this is what an earlier agent knew')]
      : []),
  ];
}

function whyItWorks(subject: ServiceSubject, facts: Facts, names: readonly NameTold[]): string {
  const { service } = subject.entry;
  const addresses = names.flatMap(({ records }) => records).filter((record) => /^A(AAA)? /.test(record));
  if (service.type === 'ExternalName') {
    return `it is an alias of ${service.externalName}, which resolves to ${listed(addresses.map((one) => one.replace(/^\S+ /, '')))}`;
  }
  const used = usedBy(subject, facts);
  const tried = facts.probes.filter(({ to }) => used.has(to));
  const answering = tried.filter(({ result }) => result === 'connected').length;
  if (answering === 1 && used.size === 1) return 'its only endpoint answers';
  if (answering > 0) {
    const of = tried.length < used.size ? `${tried.length} of ${used.size} tried` : String(tried.length);
    return `${answering} of ${of} endpoints ${answering === 1 ? 'answers' : 'answer'}`;
  }
  if (service.headless) return `its name leads to ${counted(addresses.length, 'endpoint')}`;
  if (facts.dns?.claimed.some((address) => service.clusterIPs.includes(address)) === true) {
    return 'this agent answers it itself';
  }
  if (used.size === 0) return 'its name is answered';
  return `its rules lead to ${counted(used.size, 'endpoint')}, which ${used.size === 1 ? 'was' : 'were'} not tried`;
}

/** Endpoints that traffic to it may meet, `10.0.0.1:80` each. */
function usedBy({ entry }: ServiceSubject, { routing, probes }: Facts): ReadonlySet<string> {
  if (!entry.service.headless) {
    return new Set((routing?.lanes ?? []).flatMap(({ plan }) => plan.reachable.map(({ text }) => text)));
  }
  const ready = entry.groups.flatMap(({ endpoints }) => endpoints.filter((one) => one.ready));
  const isReady = (to: string): boolean =>
    ready.some(({ address }) => to.startsWith(`${address}:`) || to.startsWith(`[${address}]:`));
  return new Set(probes.map(({ to }) => to).filter(isReady));
}
