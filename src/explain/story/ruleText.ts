/** The rules of a Service, and what packets meet in them, told to a person. */
import { formatSocketAddress } from '../../net/socketAddress.ts';
import type { Facts, Lane, RelayedFacts, RoutingFacts, Tracked, Way, WayOutcome } from '../facts/facts.ts';
import { counted, listed } from './finding.ts';
import type { Row } from './row.ts';
import { clientText, percent } from './rules.ts';

export function ruleRows({ routing, of }: Facts): readonly Row[] {
  if (routing === undefined || routing.lanes.length === 0) return [];
  return [
    ...(of === 'node' ? [['rules', stateText(routing)] as const] : []),
    ...routing.damage.map((line): Row => ['', line]),
    ...routing.lanes.flatMap(laneRows),
  ];
}

function stateText({ damage, waiting, variant }: RoutingFacts): string {
  const late =
    waiting.services === 0
      ? ''
      : `, changes of ${counted(waiting.services, 'Service')} wait for ${waiting.seconds} s`;
  const wrong = waiting.error === '' ? '' : `: ${waiting.error}`;
  const state =
    damage.length === 0
      ? 'as they should be'
      : `${counted(damage.length, 'difference')} to what they should be`;
  return `${variant}, ${state}${late}${wrong}`;
}

function laneRows(lane: Lane): readonly Row[] {
  const { relayed, relay, tracked } = lane;
  return [
    ...lane.ways.flatMap((way) => wayRows(way)),
    ...(relay.length === 0 ? [] : [['relayed', relayText(relay, relayed)] as const]),
    ...(tracked === undefined ? [] : [['connections', trackedText(tracked)] as const]),
  ];
}

function wayRows(way: Way): readonly Row[] {
  const { outcomes, error, client, remembered } = way;
  const from = `from ${clientText(client)} to ${formatSocketAddress(way)}`;
  if (error !== '') return [['packets', `${from}: cannot be followed: ${error}`]];
  const path = outcomes.map((outcome) => outcome.path).find((one) => one.length > 0) ?? [];
  const held =
    remembered.length === 0 ? '' : `, held by affinity to ${listed(remembered)} unless its time is over`;
  return [
    ['packets', `${from}: ${outcomesText(outcomes)}${held}`],
    ...(path.length === 0 ? [] : [['', `by ${pathText(path)}`] as const]),
  ];
}

/** `nat PREROUTING, KUBE-SERVICES, …; filter FORWARD, …` */
function pathText(path: readonly string[]): string {
  const tables = new Map<string, string[]>();
  for (const place of path) {
    const [table = '', chain = ''] = place.split(' ');
    const chains = tables.get(table) ?? [];
    // A packet comes back to the chain that it jumped from.
    if (!chains.includes(chain)) tables.set(table, [...chains, chain]);
  }
  return [...tables].map(([table, chains]) => `${table} ${chains.join(', ')}`).join('; ');
}

const MOST_OUTCOMES = 4;

function outcomesText(outcomes: readonly WayOutcome[]): string {
  const shown = outcomes.slice(0, MOST_OUTCOMES).map((outcome) => {
    const share = outcome.probability > 0.999 ? '' : `${percent(outcome.probability)} `;
    return `${share}${outcomeText(outcome)}`;
  });
  const rest = outcomes.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join(', ');
}

function outcomeText({ verdict, to, masqueraded, rule }: WayOutcome): string {
  switch (verdict) {
    case 'dnat':
      return `to ${to}${masqueraded ? ', masqueraded' : ''}`;
    case 'accept':
      return 'as they are: no rule leads them elsewhere';
    case 'reject':
      return `refused by ${rule}`;
    case 'drop':
      return `dropped by ${rule}`;
    default:
      return verdict satisfies never;
  }
}

function relayText(relay: readonly string[], figures: RelayedFacts | undefined): string {
  const at = `by the agent at ${listed([...new Set(relay)])}`;
  if (figures === undefined) return at;
  const { open, accepted, retries, failed, refused, triedLast } = figures;
  const last = triedLast.length === 0 ? '' : `; tried last: ${listed(triedLast)}`;
  return `${at}: ${open} open, ${accepted} accepted, ${retries} retried, ${failed} failed, ${refused} refused${last}`;
}

function trackedText(tracked: Tracked | string): string {
  if (typeof tracked === 'string') return `not known: ${tracked}`;
  const { total, to, gone } = tracked;
  if (total === 0) return 'none tracked';
  const most = to.slice(0, MOST_OUTCOMES).map(({ endpoint, count }) => `${count} to ${endpoint}`);
  return `${total} tracked: ${listed(most, MOST_OUTCOMES)}${gone === 0 ? '' : `; ${gone} of them to what is no endpoint now`}`;
}
