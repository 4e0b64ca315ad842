/** Follows packets to a Service through the rules that are in the kernel. */
import { connectionSetName, setName } from '../../dns/node/rules.ts';
import { clientsOf, type Whereabouts } from '../../explain/facts/clients.ts';
import type { Way, WayClient } from '../../explain/facts/facts.ts';
import type { ServiceSubject } from '../../explain/facts/subject.ts';
import { affinityLists, followWay, type WayIn, waysIn } from '../../explain/facts/ways.ts';
import type { Machine } from '../../explain/tracer/packet.ts';
import type { Ruleset } from '../../explain/tracer/ruleset.ts';
import { type Family, familyOf } from '../../net/ip.ts';
import { localhostNodePorts } from '../../proxy/iptables/rules/options.ts';
import { nodePortAddresses } from '../../proxy/nodePorts.ts';
import type { PortPlan } from '../../proxy/plan/servicePlan.ts';
import type { ProxySettings } from '../../proxy/settings.ts';
import type { ExplainView, MachineView, RoutingView } from './view.ts';

export interface Road {
  readonly subject: ServiceSubject;
  readonly family: Family;
  /** Canonical address of the client; `undefined`: who is likely to ask. */
  readonly from: string | undefined;
  readonly localAddresses: readonly string[];
  readonly view: ExplainView;
  readonly routing: RoutingView;
}

/** Routes are asked for so many endpoints of a port: only rules of others, that name interfaces, need them. */
const MOST_ROUTES = 64;

/** Reads what the machine says beside its rules; gives the ways of each of these plans. */
export async function followPackets(
  road: Road,
  plans: readonly PortPlan[],
  ruleset: Ruleset,
): Promise<(plan: PortPlan) => readonly Way[]> {
  const { view, localAddresses, routing } = road;
  const asked = new Map(plans.map((plan) => [plan, packetsOf(road, plan)]));
  const routes = await routesOf(asked, view.machine);
  const lists = await readLists(plans, view.machine);
  const sets = leasedSets(road);
  const fallback = podInterface(routing.settings);
  const entersBy = (address: string): string | undefined =>
    localAddresses.includes(address) ? undefined : (routes.get(address) ?? fallback);
  return (plan) =>
    (asked.get(plan) ?? []).map(({ way, client }) => {
      const remembered = new Set(
        [...lists].filter(([, sources]) => sources.has(client.address)).map(([list]) => list),
      );
      const machine: Machine = {
        addresses: localAddresses,
        route: (destination) => routes.get(destination),
        remembered,
        sets,
      };
      return followWay(plan, way, client, { ruleset, machine, entersBy });
    });
}

interface Packet {
  readonly way: WayIn;
  readonly client: WayClient;
}

function packetsOf(
  { subject, from, localAddresses, view, routing }: Road,
  plan: PortPlan,
): readonly Packet[] {
  const at: Whereabouts = { picture: view.picture(), localAddresses, clusterCIDRs: view.clusterCIDRs };
  const { entrance } = subject;
  const asked = entrance?.kind === 'nodePort' && entrance.address !== '' ? [entrance.address] : undefined;
  const nodes = asked ?? nodePortsAt(familyOf(plan.clusterIP), localAddresses, view, routing.settings);
  return waysIn(plan, nodes)
    .filter((way) => {
      if (entrance === undefined) return true;
      return entrance.kind === way.entrance && (entrance.address === '' || entrance.address === way.address);
    })
    .flatMap((way) =>
      clientsOf(way.entrance, plan, from, subject.entry, at).map((client) => ({ way, client })),
    );
}

/** One address of this node at which NodePorts answer, its Node's own if possible. */
function nodePortsAt(
  family: Family,
  localAddresses: readonly string[],
  { picture }: ExplainView,
  settings: ProxySettings,
): readonly string[] {
  const own = picture().node?.addresses ?? [];
  const localhost = localhostNodePorts(settings, family);
  const allowed = nodePortAddresses(settings.nodePortAddresses, family, localAddresses, localhost, own);
  const candidates = allowed === 'all' ? own.filter((address) => familyOf(address) === family) : allowed;
  const one = candidates.find((address) => own.includes(address)) ?? candidates[0];
  return one === undefined ? [] : [one];
}

async function routesOf(
  asked: ReadonlyMap<PortPlan, readonly Packet[]>,
  machine: MachineView,
): Promise<ReadonlyMap<string, string>> {
  const addresses = [...asked].flatMap(([plan, packets]) => [
    ...packets.flatMap(({ way, client }) => [way.address, client.address]),
    ...plan.reachable.slice(0, MOST_ROUTES).map(({ address }) => address),
  ]);
  return (await machine.routes?.([...new Set(addresses)])) ?? new Map();
}

/** Sources by list. An entry whose time is over may still be there. */
async function readLists(
  plans: readonly PortPlan[],
  machine: MachineView,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const names = plans.flatMap((plan) => [...affinityLists(plan).values()]);
  const none: ReadonlySet<string> = new Set();
  const read = async (name: string) => [name, (await machine.remembered?.(name)) ?? none] as const;
  return new Map(await Promise.all(names.map(read)));
}

/** The sets of DNS on the node are the agent's own: it knows what they hold. */
function leasedSets({ family, view }: Road): ReadonlyMap<string, ReadonlySet<string>> {
  if (view.dns === undefined) return new Map();
  const addresses = view.dns.leased() ? view.dns.claimed() : [];
  return new Map([
    [setName(family), new Set(addresses)],
    [connectionSetName(family), new Set<string>()],
  ]);
}

/** Where pods' packets come in, as far as settings tell. */
function podInterface({ detectLocal }: ProxySettings): string {
  switch (detectLocal.mode) {
    case 'BridgeInterface':
      return detectLocal.bridge;
    case 'InterfaceNamePrefix':
      return `${detectLocal.prefix}0`;
    case 'ClusterCIDR':
    case 'NodeCIDR':
      return '';
    default:
      return detectLocal satisfies never;
  }
}
