/** The rules as one restore input, for people and tests: it touches nothing. */
import type { Picture, ServiceEntry } from '../../catalog/picture.ts';
import type { Family } from '../../net/ip.ts';
import { nodePortAddresses } from '../nodePorts.ts';
import { planService } from '../plan/servicePlan.ts';
import type { ProxySettings } from '../settings.ts';
import { jumps } from './rules/jumps.ts';
import { KUBELET_FIREWALL } from './rules/names.ts';
import { nodePortTail } from './rules/nodePortTail.ts';
import { ALL_CAPABILITIES, type RuleOptions, ruleOptions } from './rules/options.ts';
import { FILTER_ROOTS, NAT_ROOTS, type RootName, ROOTS } from './rules/roots.ts';
import { type ServiceRules, serviceRules } from './rules/service.ts';
import { MARTIAN_RULE, staticChains } from './rules/static.ts';
import { ruleText } from './rules/text.ts';
import { chainName, chainTexts } from './tree/chain.ts';
import { DispatchTree } from './tree/tree.ts';
import { commentsEndpoints, countEndpoints, planNode } from './work.ts';

/** A chain and what follows `-A CHAIN` in each of its rules. */
type TextChain = readonly [name: string, rules: readonly string[]];

/** Rules of one picture for one family: what all Services have in common is worked out once. */
export interface RulesetRenderer {
  /**
   * Everything that a node with nothing but these rules would be given, as `iptables-restore` reads it. The same
   * picture gives the same text. This machine's addresses only matter with `nodePortAddresses`.
   */
  whole(localAddresses: readonly string[]): string;
  /** The chains and rules of a Service, by its `namespace/name`; empty for one that is not there. */
  service(key: string): string;
}

export function rulesetRenderer(picture: Picture, settings: ProxySettings, family: Family): RulesetRenderer {
  let endpoints = 0;
  for (const entry of picture.services.values()) endpoints += countEndpoints(entry, family);
  const node = planNode(picture, settings);
  const comments = commentsEndpoints(endpoints);
  const options = ruleOptions(settings, family, ALL_CAPABILITIES, comments, node.podCIDRs);
  const rulesOf = (entry: ServiceEntry): ServiceRules =>
    serviceRules(planService(entry, family, node, settings.dnsService), options);
  return {
    service(key) {
      const entry = picture.services.get(key);
      return entry === undefined ? '' : renderOne(rulesOf(entry));
    },
    whole(localAddresses) {
      const { nodePortAddresses: ranges } = settings;
      const localhost = options.localhostNodePorts;
      const addresses = nodePortAddresses(ranges, family, localAddresses, localhost, node.addresses);
      const services = [...picture.services]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, entry]) => rulesOf(entry));
      return renderAll(services, nodePortTail(addresses, options).map(ruleText), options);
    },
  };
}

/** As `RulesetRenderer`: of one Service with `only`, else whole. */
export function renderRuleset(
  picture: Picture,
  settings: ProxySettings,
  family: Family,
  localAddresses: readonly string[],
  only?: string,
): string {
  const renderer = rulesetRenderer(picture, settings, family);
  return only === undefined ? renderer.whole(localAddresses) : renderer.service(only);
}

function renderAll(services: readonly ServiceRules[], tail: readonly string[], options: RuleOptions): string {
  const chains: Record<'filter' | 'nat', TextChain[]> = { filter: [], nat: [] };
  for (const name of [...FILTER_ROOTS, ...NAT_ROOTS]) {
    chains[ROOTS[name].table].push(...rootChains(name, services, tail, options.family));
  }
  for (const { table, name, rules } of staticChains(options)) chains[table].push([name, rules.map(ruleText)]);
  if (options.localhostNodePorts) chains.filter.push([KUBELET_FIREWALL, [ruleText(MARTIAN_RULE)]]);
  chains.nat.push(...services.flatMap(serviceChains));
  return (['filter', 'nat'] as const)
    .map((table) => section(table, chains[table], jumpLines(table, options.localhostNodePorts)))
    .join('');
}

function rootChains(
  name: RootName,
  services: readonly ServiceRules[],
  tail: readonly string[],
  family: Family,
): readonly TextChain[] {
  const root = ROOTS[name];
  const hooks = services.flatMap((service) => service.hooks).filter((hook) => hook.root === name);
  const { write } = new DispatchTree().change(
    hooks.map(({ entry }) => entry),
    [],
  );
  // The root first: it reads better from the top, and nobody sees the half of one restore.
  return [...write].toReversed().map(([slot, lines]): TextChain => {
    const texts = chainTexts(root, lines, family);
    return [chainName(root, slot), name === 'services' && slot === '' ? [...texts, ...tail] : texts];
  });
}

function renderOne({ chains, hooks }: ServiceRules): string {
  const shared = (table: 'filter' | 'nat'): string[] =>
    hooks
      .filter(({ root }) => ROOTS[root].table === table)
      .map(({ root, entry }) => `-A ${ROOTS[root].chain} ${entry.slice(entry.indexOf(' ') + 1)}\n`);
  const filter = shared('filter');
  const own = section('nat', serviceChains({ chains, hooks }), shared('nat'));
  return (filter.length === 0 ? '' : section('filter', [], filter)) + own;
}

function serviceChains({ chains }: ServiceRules): readonly TextChain[] {
  return chains.map(({ name, rules }): TextChain => [name, rules.map(ruleText)]);
}

function jumpLines(table: 'filter' | 'nat', localhostNodePorts: boolean): readonly string[] {
  return jumps(localhostNodePorts)
    .filter((jump) => jump.table === table)
    .map(({ from, rule }) => `-I ${from} ${ruleText(rule)}\n`);
}

function section(table: string, chains: readonly TextChain[], more: readonly string[]): string {
  const declarations = chains.map(([name]) => `:${name} - [0:0]\n`);
  const rules = chains.flatMap(([name, texts]) => texts.map((text) => `-A ${name} ${text}\n`));
  return [`*${table}\n`, ...declarations, ...rules, ...more, 'COMMIT\n'].join('');
}
