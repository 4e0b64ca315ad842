/** What is wrong with the way of packets through the rules. */
import type { Facts, Lane, RoutingFacts, Way, WayClient, WayOutcome } from '../facts/facts.ts';
import type { ServiceSubject } from '../facts/subject.ts';
import { broken, type Finding, limited, listed } from './finding.ts';
import { formatSocketAddress } from '../../net/socketAddress.ts';

export function wayFindings(
  lane: Lane,
  subject: ServiceSubject,
  facts: Facts,
  routing: RoutingFacts,
): readonly Finding[] {
  return lane.ways.flatMap((way) => wayFinding(way, lane, subject, facts, routing) ?? []);
}

function wayFinding(
  way: Way,
  lane: Lane,
  subject: ServiceSubject,
  facts: Facts,
  routing: RoutingFacts,
): Finding | undefined {
  if (way.client.elsewhere) {
    return limited(
      'other-node',
      `${way.client.address} is not on node ${facts.node.name}: its packets meet the rules of its own node`,
      'run fairlead explain there',
    );
  }
  const at = formatSocketAddress(way);
  if (way.error !== '') {
    return limited('not-followed', `packets to ${at} cannot be followed: ${way.error}`);
  }
  const wrong = way.outcomes.filter((outcome) => !isGood(outcome, way, lane, facts));
  const [bad] = wrong;
  if (bad === undefined) return undefined;
  const alike = wrong.filter(({ verdict, to }) => verdict === bad.verdict && to === bad.to);
  const whose = `${share(alike)}packets of ${clientText(way.client)} to ${at}`;
  switch (bad.verdict) {
    case 'accept':
      return misled('no-rule', `no rule takes ${whose}`, way, routing);
    case 'dnat':
      return misled('astray', `rules lead ${whose} to ${bad.to}, which is no endpoint of it`, way, routing);
    case 'reject':
    case 'drop':
      return refusal(bad, way, whose, lane, subject, facts, routing);
    default:
      return bad.verdict satisfies never;
  }
}

function isGood({ verdict, to }: WayOutcome, way: Way, { plan, relay }: Lane, { dns }: Facts): boolean {
  if (verdict === 'dnat') return relay.includes(to) || plan.reachable.some(({ text }) => text === to);
  return verdict === 'accept' && way.port === 53 && dns?.claimed.includes(way.address) === true;
}

function refusal(
  { verdict, rule }: WayOutcome,
  way: Way,
  whose: string,
  { plan }: Lane,
  { entrance }: ServiceSubject,
  { node }: Facts,
  routing: RoutingFacts,
): Finding {
  if (rule.startsWith('filter KUBE-PROXY-FIREWALL')) {
    return broken(
      'source-range',
      `${way.client.address} is in none of its loadBalancerSourceRanges (${listed(plan.sourceRanges, 8)})`,
      'clients of other ranges are dropped on purpose: add the range, or ask at another address',
    );
  }
  const ours = rule.includes(' KUBE-');
  if (ours && !plan.hasExternal && way.entrance !== 'clusterIP') {
    const finding = entrance === undefined ? limited : broken;
    return finding(
      'no-local-endpoint',
      `externalTrafficPolicy is Local, and no endpoint is on node ${node.name}: ${whose} are dropped`,
      'load balancers ask healthCheckNodePort; clients of a NodePort must ask nodes that have an endpoint',
    );
  }
  const does = verdict === 'reject' ? 'refuses' : 'drops';
  const text = `a rule ${does} ${whose}: ${rule}`;
  if (ours) return misled(verdict === 'reject' ? 'rejected' : 'dropped', text, way, routing);
  return broken(
    verdict === 'reject' ? 'rejected' : 'dropped',
    text,
    "the rule is not Fairlead's: find whose it is",
  );
}

/** Ours is at fault: why, as far as it is known. */
function misled(
  cause: 'no-rule' | 'astray' | 'rejected' | 'dropped',
  text: string,
  way: Way,
  { damage, waiting }: RoutingFacts,
): Finding {
  const [first] = damage;
  if (waiting.error !== '') {
    return broken(
      'rules-late',
      `its rules are not in the kernel: ${waiting.error}`,
      'fairlead status tells more',
    );
  }
  if (first !== undefined) {
    return broken(
      'rules-changed',
      `somebody changed its rules, and ${text}: ${first}`,
      'the agent writes them again by itself, within seconds of being told; if they go again, find who removes them',
    );
  }
  if (waiting.services > 0) {
    return broken(
      'rules-late',
      `its rules are still being written (for ${waiting.seconds} s), and ${text}`,
      'ask again',
    );
  }
  const nodePort = way.entrance === 'nodePort' && cause === 'no-rule';
  return broken(cause, text, nodePort ? 'NodePorts answer where --nodeport-addresses says' : '');
}

export function clientText({ address, who }: WayClient): string {
  switch (who) {
    case 'given':
      return address;
    case 'pod':
      return `a pod of this node (${address})`;
    case 'node':
      return 'this node';
    case 'outside':
      return `a client outside (${address})`;
    default:
      return who satisfies never;
  }
}

/** `33 % of `, unless it is all. */
function share(outcomes: readonly WayOutcome[]): string {
  const probability = outcomes.reduce((sum, outcome) => sum + outcome.probability, 0);
  return probability > 0.999 ? '' : `${percent(probability)} of `;
}

export function percent(probability: number): string {
  const hundredths = probability * 100;
  return `${hundredths >= 10 ? Math.round(hundredths) : Math.round(hundredths * 10) / 10} %`;
}
