/** What kube-proxy leaves on a node, and what it does when it starts on one: for going over from it, and back. */
import type { Picture } from '../../src/catalog/picture.ts';
import type { ExecResult } from '../../src/host/exec.ts';
import type { Family } from '../../src/net/ip.ts';
import { rulesetRenderer } from '../../src/proxy/iptables/render.ts';
import type { ProxySettings } from '../../src/proxy/settings.ts';

type Run = (argv: readonly [string, ...string[]], stdin?: string) => Promise<ExecResult>;

interface Section {
  readonly declarations: string[];
  readonly rules: string[];
}

/** The rules in one restore, KUBE-SERVICES flat however many Services there are. */
export function kubeProxyShape(picture: Picture, settings: ProxySettings, family: Family): string {
  const nobody: Picture = { ...picture, services: new Map() };
  const services = rulesetRenderer(picture, settings, family);
  const texts = [...picture.services.keys()].map((key) => services.service(key));
  const tables = new Map<string, Section>();
  // The rule for NodePorts is the last of its chain.
  for (const text of [...texts, rulesetRenderer(nobody, settings, family).whole([])]) {
    let table: Section = { declarations: [], rules: [] };
    for (const line of text.split('\n')) {
      if (line.startsWith('*')) {
        table = tables.get(line) ?? { declarations: [], rules: [] };
        tables.set(line, table);
      } else if (line.startsWith(':')) table.declarations.push(line);
      else if (line.startsWith('-')) table.rules.push(line);
    }
  }
  return [...tables]
    .map(([name, { declarations, rules }]) => [name, ...declarations, ...rules, 'COMMIT\n'].join('\n'))
    .join('');
}

const NEW = '-m conntrack --ctstate NEW';
const comment = (text: string): string => `-m comment --comment "${text}"`;
const PORTALS = comment('kubernetes service portals');
const EXTERNAL = `${NEW} ${comment('kubernetes externally-visible service portals')}`;
const FIREWALL = `${NEW} ${comment('kubernetes load balancer firewall')}`;

/** The jumps that kube-proxy looks for one by one, and puts where they are missing: `TABLE CHAIN RULE`. */
const JUMPS: readonly string[] = [
  `filter INPUT ${EXTERNAL} -j KUBE-EXTERNAL-SERVICES`,
  `filter FORWARD ${EXTERNAL} -j KUBE-EXTERNAL-SERVICES`,
  `filter INPUT ${comment('kubernetes health check service ports')} -j KUBE-NODEPORTS`,
  `filter FORWARD ${NEW} ${PORTALS} -j KUBE-SERVICES`,
  `filter OUTPUT ${NEW} ${PORTALS} -j KUBE-SERVICES`,
  `filter FORWARD ${comment('kubernetes forwarding rules')} -j KUBE-FORWARD`,
  `filter INPUT ${FIREWALL} -j KUBE-PROXY-FIREWALL`,
  `filter OUTPUT ${FIREWALL} -j KUBE-PROXY-FIREWALL`,
  `filter FORWARD ${FIREWALL} -j KUBE-PROXY-FIREWALL`,
  `nat OUTPUT ${PORTALS} -j KUBE-SERVICES`,
  `nat PREROUTING ${PORTALS} -j KUBE-SERVICES`,
  `nat POSTROUTING ${comment('kubernetes postrouting rules')} -j KUBE-POSTROUTING`,
];

/** In IPv4, where NodePorts answer on 127.0.0.1. */
const SHIELD: readonly string[] = ['filter INPUT -j KUBE-FIREWALL', 'filter OUTPUT -j KUBE-FIREWALL'];

/** kube-proxy's full sync on a node where others were before; gives the jumps that it did not find. */
export async function kubeProxyStarts(
  run: Run,
  /** `iptables-nft` */
  program: string,
  shape: string,
): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const jump of program.startsWith('ip6') ? JUMPS : [...JUMPS, ...SHIELD]) {
    const [table, chain, ...rule] = jump.split(' ');
    const script = `${program} -w 5 -t ${table} -C ${chain} ${rule.join(' ')}`;
    if ((await run(['sh', '-c', script])).code !== 0) missing.push(jump);
  }
  const { stdout } = await run([`${program}-save`, '-t', 'nat']);
  const stale = [...stdout.matchAll(/^:(KUBE-(?:SVC|SVL|EXT|FW|SEP)-\S+)/gm)]
    .map(([, name = '']) => name)
    .filter((name) => !shape.includes(`:${name} `));
  // Its restore has no jumps; a chain that it declares is emptied first, and one that is stale deleted at the end.
  const input = shape
    .replaceAll(/^-I .*\n/gm, '')
    .replace(/\*nat\n[^]*?COMMIT\n/, (nat) =>
      nat
        .replace('*nat\n', `*nat\n${stale.map((name) => `:${name} - [0:0]\n`).join('')}`)
        .replace('COMMIT\n', `${stale.map((name) => `-X ${name}\n`).join('')}COMMIT\n`),
    );
  const { code, stderr } = await run([`${program}-restore`, '-w', '5', '--noflush', '--counters'], input);
  return code === 0 ? missing : [...missing, stderr];
}

/** Table of kube-proxy's nftables mode, in which one Service leads to one endpoint. */
export function kubeProxyTable(family: Family, service: string, endpoint: string, port: number): string {
  const ip = family === 'IPv4' ? 'ip' : 'ip6';
  const type = family === 'IPv4' ? 'ipv4_addr' : 'ipv6_addr';
  const target = family === 'IPv4' ? endpoint : `[${endpoint}]`;
  return `table ${ip} kube-proxy {
  comment "rules for kube-proxy"
  set cluster-ips { type ${type}; elements = { ${service} }; }
  map service-ips {
    type ${type} . inet_proto . inet_service : verdict
    elements = { ${service} . tcp . 80 : goto service-ULMVA6XW-shop/web/tcp/http }
  }
  map no-endpoint-services { type ${type} . inet_proto . inet_service : verdict; }
  chain service-ULMVA6XW-shop/web/tcp/http {
    meta l4proto tcp dnat ${ip} to ${target}:${port}
  }
  chain services { ${ip} daddr . meta l4proto . th dport vmap @service-ips; }
  chain masquerading { mark and 0x4000 != 0 mark set mark xor 0x4000 masquerade fully-random; }
  chain cluster-ips-check { ${ip} daddr @cluster-ips reject; }
  chain service-endpoints-check { ${ip} daddr . meta l4proto . th dport vmap @no-endpoint-services; }
  chain filter-forward {
    type filter hook forward priority 0
    ct state new jump service-endpoints-check
    ct state new jump cluster-ips-check
  }
  chain nat-prerouting { type nat hook prerouting priority -100; jump services; }
  chain nat-output { type nat hook output priority -100; jump services; }
  chain nat-postrouting { type nat hook postrouting priority 100; jump masquerading; }
}
`;
}
