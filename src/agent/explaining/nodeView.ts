/** What the running agent and its machine tell of a Service. */
import { readFile } from 'node:fs/promises';
import type { Settings } from '../../config/settings.ts';
import type { Clock } from '../../host/clock.ts';
import type { Exec } from '../../host/exec.ts';
import { localAddresses } from '../../host/interfaces.ts';
import { seeEntries } from '../../host/netlink/conntrack.ts';
import { reach } from '../../host/reach/reach.ts';
import { routesTo } from '../../host/reach/routes.ts';
import type { Source } from '../../kube/source.ts';
import { canonicalIP } from '../../net/ip.ts';
import type { Agent } from '../agent.ts';
import type { Names } from '../parts.ts';
import { proxySettings } from '../routing/proxySettings.ts';
import { readAllRules } from '../routing/readRules.ts';
import type { Routing } from '../routing/routing.ts';
import { whyUnread } from '../source/unread.ts';
import type { DnsView, ExplainView, MachineView, RoutingView } from './view.ts';

export interface NodeViewParts {
  readonly agent: Agent;
  readonly source: Pick<Source, 'state'>;
  readonly settings: Settings;
  readonly names: Names | undefined;
  readonly routing: Routing | undefined;
  readonly exec: Exec;
  readonly clock: Clock;
}

/** Longer than a packet that was lost takes to come again. */
const CONNECT_MS = 1_500;

export function nodeView({
  agent,
  source,
  settings,
  names,
  routing,
  exec,
  clock,
}: NodeViewParts): ExplainView {
  return {
    of: 'node',
    picture: () => agent.picture,
    clusterDomain: settings.clusterDomain,
    clusterCIDRs: settings.clusterCIDR,
    unread: () => whyUnread(source),
    dns: names && dnsView(agent, names),
    routing: routing && routingView(agent, routing, settings, exec),
    machine: machineView(exec, clock),
  };
}

function dnsView(agent: Agent, { dns, node }: Names): DnsView {
  return {
    holds: (key) => agent.holdsNames(key),
    claimed: () => node.state().addresses,
    leased: () => node.state().lease === 'held',
    listening: () => dns.state().listening.length > 0,
  };
}

function routingView(agent: Agent, routing: Routing, settings: Settings, exec: Exec): RoutingView {
  const { backend, syncer, tables, found, relays, relay } = routing;
  return {
    settings: proxySettings(settings),
    families: () => backend.describe().families,
    mode: () => backend.mode,
    variant: () => backend.describe().variant,
    waiting() {
      const { pending, waitingMs, error } = syncer.state();
      return { services: pending, seconds: Math.round(waitingMs / 100) / 10, error };
    },
    refused: () => syncer.state().setAside,
    relay,
    figures: () => relays.figures(),
    rules(family, plans) {
      const tools = found.tools.find((one) => one.family === family);
      return tools === undefined ? Promise.resolve(new Map()) : readAllRules(exec, tools, plans);
    },
    wanted: (family, entry) => tables.wanted(family, entry, agent.picture),
  };
}

function machineView(exec: Exec, clock: Clock): MachineView {
  return {
    localAddresses,
    routes: (addresses) => routesTo(exec, addresses),
    remembered: async (list) =>
      sourcesIn(await readFile(`/proc/net/xt_recent/${list}`, 'utf8').catch(() => '')),
    connections: (family, protocol, see) => seeEntries(family, protocol, see),
    async connect({ address, port }) {
      const began = clock.monotonic();
      let taken: number | undefined;
      const result = await reach(address, port, CONNECT_MS, () => {
        taken = clock.monotonic();
      });
      return { result, milliseconds: (taken ?? clock.monotonic()) - began };
    },
  };
}

/** `src=10.244.1.2 ttl: 64 last_seen: 4295042817 …`, one line each. */
function sourcesIn(text: string): ReadonlySet<string> {
  const found = text.split('\n').flatMap((line) => canonicalIP(/^src=(\S+)/.exec(line)?.[1] ?? '') ?? []);
  return new Set(found);
}
