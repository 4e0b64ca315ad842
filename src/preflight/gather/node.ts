/** Looks at this machine, and changes nothing on it. */
import type { Settings } from '../../config/settings.ts';
import { messageOf } from '../../errors/caught.ts';
import { canonicalIP } from '../../net/ip.ts';
import { portsOf } from '../checks/ports.ts';
import { ABSENT, found, type Looked, unknown, valueOf } from '../looked.ts';
import type { Link, NodeFacts } from '../nodeFacts.ts';
import type { NodeHost } from './host.ts';
import { gatherIptables } from './iptables.ts';
import { gatherKubelet } from './kubelet.ts';
import { tryRules } from './tryRules.ts';

const TIMEOUT_MS = 10_000;
const PROGRAMS = [
  ['ip', '-V'],
  ['ipset', '--version'],
  ['nft', '--version'],
] as const;
/** Where kube-proxy tells its mode unless its metricsBindAddress says otherwise. */
const PROXY_MODE = 'http://127.0.0.1:10249/proxyMode';

export async function gatherNode(settings: Settings, host: NodeHost): Promise<NodeFacts> {
  const { exec } = host;
  const [{ facts: iptables, tools }, missingPrograms, nftTables, links] = await Promise.all([
    gatherIptables(exec, settings),
    missing(host),
    kubeProxyTables(host),
    gatherLinks(host),
  ]);
  return {
    kernel: host.kernelRelease(),
    iptables,
    refused: valueOf(iptables) === undefined ? ABSENT : await tryRules(exec, tools),
    missingPrograms,
    conntrack: await conntrack(host),
    nftTables,
    proxyMode: await host.fetchText(PROXY_MODE).then(
      (text) => found(text.trim()),
      () => ABSENT,
    ),
    links,
    kubelet: await gatherKubelet(host),
    seesAllProcesses: await host.seesAllProcesses(),
    listening: await attempt(() => host.listeningOn(portsOf(settings))),
    agent: await host.agentVersion().then(found, () => ABSENT),
  };
}

async function missing({ exec }: NodeHost): Promise<readonly string[]> {
  const results = await Promise.all(PROGRAMS.map((argv) => exec.run(argv, { timeoutMs: TIMEOUT_MS })));
  return PROGRAMS.flatMap(([program], i) => (results[i]?.code === 127 ? [program] : []));
}

async function kubeProxyTables({ exec }: NodeHost): Promise<readonly string[]> {
  const tables = ['ip kube-proxy', 'ip6 kube-proxy'];
  const listed = await Promise.all(
    // By its name: to list all tables, nft reads every rule first. The lines are of no use, and may be many.
    tables.map((table) =>
      exec.run(['nft', 'list', 'table', ...table.split(' ')], { onStdout: () => undefined }),
    ),
  );
  return tables.filter((_, i) => listed[i]?.code === 0);
}

async function gatherLinks({ exec }: NodeHost): Promise<readonly Link[]> {
  const { code, stdout } = await exec.run(['ip', '-json', 'address'], { timeoutMs: TIMEOUT_MS });
  if (code !== 0) return [];
  const links: unknown = JSON.parse(stdout);
  return items(links).flatMap(({ ifname, addr_info: addresses }) =>
    typeof ifname !== 'string'
      ? []
      : [
          {
            name: ifname,
            addresses: items(addresses).flatMap(({ local }) =>
              typeof local === 'string' ? (canonicalIP(local) ?? []) : [],
            ),
          },
        ],
  );
}

function items(value: unknown): Readonly<Record<string, unknown>>[] {
  const isObject = (item: unknown): item is Readonly<Record<string, unknown>> =>
    typeof item === 'object' && item !== null;
  return Array.isArray(value) ? value.filter(isObject) : [];
}

async function conntrack({ sysctl }: NodeHost): Promise<NodeFacts['conntrack']> {
  const [count, max] = await Promise.all([
    sysctl.read('net.netfilter.nf_conntrack_count'),
    sysctl.read('net.netfilter.nf_conntrack_max'),
  ]);
  return max === undefined ? ABSENT : found({ count: Number(count ?? 0), max: Number(max) });
}

async function attempt<T>(look: () => Promise<T>): Promise<Looked<T>> {
  try {
    return found(await look());
  } catch (error) {
    return unknown(messageOf(error));
  }
}
