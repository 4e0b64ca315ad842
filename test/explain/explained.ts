/** Explanations of small clusters: real objects, real rules, the real answers of DNS, and a machine that a test makes up. */
import { gatherFacts } from '../../src/agent/explaining/gather.ts';
import type { ExplainView, MachineView, RoutingView } from '../../src/agent/explaining/view.ts';
import { tracedOf } from '../../src/agent/names/traceRoute.ts';
import type { Picture } from '../../src/catalog/picture.ts';
import { askName } from '../../src/commands/explain/story.ts';
import { createDnsService } from '../../src/dns/createDnsService.ts';
import { readAsked } from '../../src/explain/facts/asked.ts';
import type { Facts } from '../../src/explain/facts/facts.ts';
import { explain, type Explanation } from '../../src/explain/story/explain.ts';
import { questionsOf } from '../../src/explain/story/names.ts';
import { explanationText } from '../../src/explain/story/text.ts';
import { parseRuleset } from '../../src/explain/tracer/ruleset.ts';
import type { Reach } from '../../src/host/reach/reach.ts';
import type { ObjectRecord } from '../../src/kube/records.ts';
import type { Family } from '../../src/net/ip.ts';
import { formatSocketAddress } from '../../src/net/socketAddress.ts';
import { renderRuleset } from '../../src/proxy/iptables/render.ts';
import { FakeClock } from '../fake/clock.ts';
import { FakeLog } from '../fake/log.ts';
import { cidr, NODE_IP, pictureOf, proxySettings } from '../proxy/cluster.ts';

export interface Situation {
  readonly records: readonly ObjectRecord[];
  readonly asked: string;
  readonly from?: string;
  /** What becomes of connections, by `ADDRESS:PORT`; all others are taken. */
  readonly reach?: Readonly<Record<string, Reach>>;
  /** What somebody does to the rules before they are read. */
  readonly spoil?: (rules: string) => string;
  readonly routing?: Partial<RoutingView>;
  readonly machine?: Partial<MachineView>;
  readonly view?: Partial<ExplainView>;
}

export interface Explained extends Explanation {
  readonly facts: Facts;
  readonly text: string;
}

const DOMAIN = 'cluster.local';

export async function explained({
  records,
  asked: what,
  from,
  reach = {},
  ...more
}: Situation): Promise<Explained> {
  const picture = pictureOf(records);
  const settings = proxySettings();
  const dns = createDnsService({
    settings: {
      clusterDomain: DOMAIN,
      dnsService: settings.dnsService,
      ttl: 5,
      negativeTtl: 5,
      pods: 'disabled',
    },
    forwarder: undefined,
    clock: new FakeClock(),
    log: new FakeLog(),
  });
  dns.update(picture, undefined);
  const view = viewOf(picture, { reach, ...more });
  const asked = readAsked(what);
  if (asked === undefined) throw new Error(`nothing is asked by ${what}`);
  const facts = await gatherFacts({ asked, from, probe: true }, view);
  const ask = async (query: Buffer, client: string) => tracedOf(await dns.trace(query, client));
  const names = await Promise.all(questionsOf(facts).map((one) => askName(one, ask, from ?? '127.0.0.1')));
  await dns.close();
  const explanation = explain(facts, names);
  return { ...explanation, facts, text: explanationText(explanation, facts, names) };
}

/** What gathers, as an agent has it; no rule is written, and nobody changes any. */
export function viewOf(
  picture: Picture,
  { reach = {}, spoil = String, ...more }: Partial<Situation>,
): ExplainView {
  const settings = proxySettings();
  const rules = (family: Family): string => spoil(renderRuleset(picture, settings, family, [NODE_IP]));
  const routing: RoutingView = {
    settings,
    families: () => ['IPv4', 'IPv6'],
    mode: () => 'iptables',
    variant: () => 'nf_tables',
    waiting: () => ({ services: 0, seconds: 0, error: '' }),
    refused: () => [],
    relay: () => undefined,
    figures: () => [],
    rules: (family) => Promise.resolve(parseRuleset(rules(family))),
    wanted: () => undefined,
    ...more.routing,
  };
  const machine: MachineView = {
    localAddresses: () => Promise.resolve([NODE_IP, 'fd00:192::2']),
    connect: (to) =>
      Promise.resolve({ result: reach[formatSocketAddress(to)] ?? 'connected', milliseconds: 0.4 }),
    ...more.machine,
  };
  return {
    of: 'node',
    picture: () => picture,
    clusterDomain: DOMAIN,
    clusterCIDRs: [cidr('10.0.0.0/8')],
    unread: () => '',
    dns: { holds: () => false, claimed: () => [], leased: () => false, listening: () => true },
    routing,
    machine,
    ...more.view,
  };
}
