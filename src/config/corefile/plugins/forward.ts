/** `forward FROM TO… { … }`, and `proxy`, as it was called before CoreDNS 1.5. */
import type { UpstreamSource } from '../../../dns/settings.ts';
import { FORWARD_POLICIES } from '../../../dns/settings.ts';
import { DNS_PORT, DNS_TLS_PORT, type ServerTls } from '../../../net/dnsServer.ts';
import { parseSocketAddress } from '../../../net/socketAddress.ts';
import { UnusableConfig } from '../../place.ts';
import type { BlockDraft, ForwardDraft, Reading } from '../reading.ts';
import type { Statement } from '../statement.ts';
import { checkCount, wholeOf } from '../values.ts';
import { isWithin, zonesOr } from '../zones.ts';

const NO_NAME: ServerTls = { serverName: '', caFile: '' };
/** A socket each, out of the ports that there are. */
const MOST_CONCURRENT = 60_000;
const USAGE = 'a zone and the servers for it: forward . 10.0.0.2';
const NOTED: Readonly<Record<string, string>> = {
  expire: 'a query has a socket of its own',
  max_idle_conns: 'a query has a socket of its own',
  max_age: 'a query has a socket of its own',
  prefer_udp: 'servers are asked by UDP first',
  health_check: 'a server that failed is asked again until it answers',
  max_connect_attempts: 'servers are tried until the client would give up',
  failover: 'the next server is asked after SERVFAIL, REFUSED and NOTIMP',
};

export function readForward(statement: Statement, block: BlockDraft, reading: Reading): void {
  checkCount(statement, 2, 100, USAGE);
  const [from = '', ...to] = statement.args;
  const [domain = ''] = zonesOr([from], block.zones, statement);
  const domains = block.zones.flatMap((zone) =>
    isWithin(domain, zone) ? [domain] : isWithin(zone, domain) ? [zone] : [],
  );
  if (domains.length === 0) reading.warn(statement, `${from} is not in a zone of its server block`);
  const draft: { -readonly [K in keyof ForwardDraft]: ForwardDraft[K] } = {
    ...reading.ground.options,
    file: statement.file,
    line: statement.line,
    // As CoreDNS, where the file says nothing: this is one server's setting, not the operator's for this agent.
    policy: 'random',
    domains: [...new Set(domains)],
    upstreams: to.flatMap((server) => readServer(server, statement, reading)),
    except: [],
  };
  for (const line of statement.body ?? []) readProperty(line, draft, reading);
  draft.upstreams = draft.upstreams.map((server) => withTls(server, statement.body ?? []));
  block.forwards.push(draft);
}

function readProperty(
  line: Statement,
  draft: { -readonly [K in keyof ForwardDraft]: ForwardDraft[K] },
  reading: Reading,
): void {
  const [first] = line.args;
  const noted = NOTED[line.name];
  switch (line.name) {
    case 'except':
      draft.except = zonesOr(line.args, [], line);
      return;
    case 'policy': {
      const policy = FORWARD_POLICIES.find((candidate) => candidate === first);
      if (policy === undefined)
        throw new UnusableConfig(line, `policy: expected ${FORWARD_POLICIES.join(', ')}`);
      draft.policy = policy;
      return;
    }
    case 'tls':
      if (line.args.length > 3)
        throw new UnusableConfig(line, 'tls: expected a certificate, its key, authorities');
      if (line.args.length > 1) reading.warn(line, 'forward: tls: a certificate of our own is not offered');
      return;
    case 'tls_servername':
      if (first === undefined) throw new UnusableConfig(line, 'tls_servername: expected a name');
      return;
    case 'force_tcp':
      draft.forceTcp = true;
      return;
    case 'max_fails':
      draft.maxFails = wholeOf(first, 0, 1_000_000, line);
      return;
    case 'max_concurrent':
      // CoreDNS's 0 is no limit.
      draft.maxConcurrent = Math.min(wholeOf(first, 0, 1e9, line) || MOST_CONCURRENT, MOST_CONCURRENT);
      return;
    default:
      if (noted !== undefined) reading.note(line, `${line.name}: ${noted}`);
      else reading.warn(line, `forward: ${line.name} is not offered`);
  }
}

/** With what the block says of certificates, which holds for all its servers that are asked by TLS. */
function withTls(server: UpstreamSource, lines: readonly Statement[]): UpstreamSource {
  if ('file' in server || server.tls === undefined) return server;
  let { serverName, caFile } = server.tls;
  for (const line of lines) {
    if (line.name === 'tls_servername') [serverName = serverName] = line.args;
    if (line.name !== 'tls') continue;
    // `tls`, `tls CA`, `tls CERTIFICATE KEY`, `tls CERTIFICATE KEY CA`
    if (line.args.length % 2 === 1) caFile = line.args.at(-1) ?? caFile;
  }
  return { ...server, tls: { serverName: serverName.toLowerCase().replace(/\.$/, ''), caFile } };
}

function readServer(text: string, statement: Statement, reading: Reading): UpstreamSource[] {
  // What the node-local cache fills in when it starts.
  if (text === '__PILLAR__UPSTREAM__SERVERS__') return [...upstreamsOf(reading)];
  if (text === '__PILLAR__CLUSTER__DNS__') {
    reading.note(statement, "forward: the cluster's DNS is this agent");
    return [];
  }
  if (text.startsWith('/')) return [{ file: text }];
  const [, scheme = 'dns', rest = text] = /^(\w+):\/\/(.*)$/.exec(text) ?? [];
  if (scheme !== 'dns' && scheme !== 'tls') {
    reading.warn(statement, `forward: ${text} is not asked: servers are asked by UDP, TCP and TLS only`);
    return [];
  }
  const defaultPort = scheme === 'tls' ? DNS_TLS_PORT : DNS_PORT;
  const tls = scheme === 'tls' ? { tls: NO_NAME } : {};
  const address = parseSocketAddress(rest, defaultPort);
  if (address !== undefined) return [{ ...address, ...tls }];
  const [, host = '', port] = /^([a-z0-9][-a-z0-9.]*?)\.?(?::(\d{1,5}))?$/i.exec(rest) ?? [];
  if (host === '' || /^[\d.]+$/.test(host)) {
    throw new UnusableConfig(statement, `forward: ${JSON.stringify(text)} is no server`);
  }
  const name = host.toLowerCase();
  const named = scheme === 'tls' ? { tls: { ...NO_NAME, serverName: name } } : {};
  return [{ host: name, port: port === undefined ? defaultPort : Number(port), ...named }];
}

function upstreamsOf({ ground }: Reading): readonly UpstreamSource[] {
  return ground.configuration.forwarding.zones.find(({ domain }) => domain === '')?.upstreams ?? [];
}
