/** The agent's status for a person. */
import type { ConfigStatus } from '../../agent/config/configStatus.ts';
import type {
  AgentStatus,
  CacheStatus,
  DnsConfigStatus,
  DnsStatus,
  ProxyStatus,
  SnapshotStatus,
  UpstreamStatus,
} from '../../agent/serving/status.ts';
import { relayRows } from './relayRows.ts';

/** Lines of `fairlead status`. `now` is milliseconds since the epoch. */
export function statusText(status: AgentStatus, now: number): string {
  const rows: [label: string, value: string][] = [
    ['node', status.node],
    ['agent', `version ${status.version}, pid ${status.pid}, up ${since(status.startedAt, now)}`],
    ['ready', status.ready ? 'yes' : `no: ${status.notReady.join('; ')}`],
    ...fileRows(status.config),
    ['source', sourceText(status)],
    ...snapshotRows(status.snapshot, now),
    ['services', `${status.catalog.services}, endpoints ${status.catalog.endpoints}`],
    ...proxyRows(status.proxy, now),
    ...dnsRows(status.dns, now),
    ['problems', String(status.catalog.problems.length)],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return [
    ...rows.map(([label, value]) => `${label.padEnd(width)}  ${value}`),
    ...status.catalog.problems.map((problem) => `  ${problem}`),
  ].join('\n');
}

/** Only where there is something to do about the file. */
function fileRows(config: ConfigStatus | undefined): [string, string][] {
  if (config === undefined) return [];
  const { path, error, needRestart } = config;
  return [
    ...rowIf(error !== '', 'config', `not taken: ${error}`),
    ...rowIf(needRestart.length > 0, 'restart', `needed for ${needRestart.join(', ')}, as ${path} says now`),
  ];
}

function sourceText({ sources, catalog }: AgentStatus): string {
  const failing = Map.groupBy(
    sources.filter(({ error }) => error !== ''),
    ({ error }) => error,
  );
  if (failing.size > 0) {
    return [...failing]
      .map(([error, kinds]) => `${kinds.map(({ kind }) => kind).join(', ')}: ${error}`)
      .join('; ');
  }
  if (catalog.syncedAt === '') {
    const waiting = sources.filter(({ synced }) => !synced).map(({ kind }) => kind);
    return `reading ${waiting.join(', ')}`;
  }
  const heard = sources.map(({ silentSeconds }) => silentSeconds).filter((seconds) => seconds >= 0);
  return `synced since ${catalog.syncedAt}, last heard ${Math.min(...heard)} s ago`;
}

function snapshotRows(snapshot: SnapshotStatus | undefined, now: number): [string, string][] {
  const { inUse, error = '' } = snapshot ?? {};
  const left = inUse?.sameBoot === false ? ", without this node's own endpoints, as it was restarted" : '';
  return [
    ...rowIf(inUse !== undefined, 'snapshot', `in use, of ${since(inUse?.writtenAt ?? '', now)} ago${left}`),
    ...rowIf(error !== '', 'snapshot', `cannot be written: ${error}`),
  ];
}

function proxyRows(proxy: ProxyStatus | undefined, now: number): [string, string][] {
  if (proxy === undefined) return [['routing', 'off']];
  const { mode, variant, variantBecause, families, leftOut, pending, lastRepair, error } = proxy;
  return [
    ['routing', `${mode} (${variant}), ${families.join(' and ')}`],
    ...rowIf(
      mode !== proxy.configuredMode,
      'mode',
      `${mode} now; a restart goes to ${proxy.configuredMode}, as the settings say`,
    ),
    ...relayRows(proxy.relays),
    ...proxy.notRelayed.map((line): [string, string] => ['not relayed', `${line}; the kernel routes it`]),
    ['backend', `${variant}: ${variantBecause}`],
    ...leftOut.map((line): [string, string] => ['left out', line]),
    ['last sync', lastSyncText(proxy, now)],
    ...rowIf(error !== '', 'failing', error),
    ...rowIf(
      pending.services > 0,
      'pending',
      `${count(pending.services, 'service')}, for ${pending.seconds} s`,
    ),
    ...repairRows(lastRepair, now),
    ...rowIf(proxy.setAside.length > 0, 'set aside', `${proxy.setAside.length}, see problems`),
    ...rowIf(
      proxy.healthPorts.length > 0,
      'health ports',
      `${proxy.healthPorts.length} cannot be listened on, see problems`,
    ),
  ];
}

function repairRows(repair: ProxyStatus['lastRepair'], now: number): [string, string][] {
  if (repair === undefined) return [];
  const [first = '', ...more] = repair.lines;
  const row: [string, string] = ['last repair', `${since(repair.at, now)} ago: ${first}`];
  return [row, ...more.map((line): [string, string] => ['', line])];
}

function lastSyncText(proxy: ProxyStatus, now: number): string {
  const { syncedAt, lastSyncMilliseconds, lastSyncFull, services, rules } = proxy;
  if (syncedAt === '') return 'not yet';
  const what = lastSyncFull ? 'of everything' : 'of changes';
  return `${since(syncedAt, now)} ago, ${what}, took ${lastSyncMilliseconds} ms, ${services} services, ${rules} rules`;
}

function rowIf(shown: boolean, label: string, value: string): [string, string][] {
  return shown ? [[label, value]] : [];
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

function dnsRows(dns: DnsStatus | undefined, now: number): [string, string][] {
  if (dns === undefined) return [['dns', 'off']];
  const { listening, services, names, queries, cache, upstreams, errors } = dns;
  const where = listening.length === 0 ? 'answers nowhere' : `answers on ${listening.join(', ')}`;
  const servers = upstreams.map(
    (upstream) =>
      `${upstream.server} (${zonesText(upstream)}${healthText(upstream)}, ${upstream.queries} queries, ${upstream.failures} failures)`,
  );
  return [
    ['dns', where],
    ['dns service', claimedText(dns)],
    ['names', `of ${count(services, 'Service')}; ${count(names, 'answer')} ready, as asked so far`],
    ['queries', String(queries)],
    ['cache', cacheText(cache)],
    ['forwards to', servers.length === 0 ? 'nobody' : servers.join(', ')],
    ...configRows(dns.config, now),
    ...errors.map((error): [string, string] => ['dns error', error]),
  ];
}

/** Which configuration is followed, since when, and each line of it that is not honoured. */
function configRows(config: DnsConfigStatus | undefined, now: number): [string, string][] {
  if (config === undefined) return [];
  const { source, since: from, error, warnings } = config;
  const held = from === '' ? 'not in force yet' : `in force for ${since(from, now)}`;
  return [
    ['dns config', `${source}, ${held}`],
    ...rowIf(error !== '', 'not taken', error),
    ...warnings.map((line): [string, string] => ['not honoured', line]),
  ];
}

/** `12 answers, 20 KiB of 8.0 MiB, 70 hits, 9 misses, 0 stale` */
function cacheText({ entries, octets, maxOctets, hits, misses, stale }: CacheStatus): string {
  const size = `${octetsText(octets)} of ${octetsText(maxOctets)}`;
  return `${entries} answers, ${size}, ${hits} hits, ${misses} misses, ${stale} stale`;
}

function octetsText(octets: number): string {
  return octets < 2 ** 20 ? `${Math.ceil(octets / 1024)} KiB` : `${(octets / 2 ** 20).toFixed(1)} MiB`;
}

/** Which names it is asked for, unless it is asked for any. */
function zonesText({ zones }: UpstreamStatus): string {
  const domains = zones.filter((zone) => zone !== '.');
  return domains.length === 0 ? '' : `for ${zones.join(' ')}, `;
}

function healthText({ healthy, looping }: UpstreamStatus): string {
  if (looping) return 'sends our queries back to us';
  return healthy ? 'healthy' : 'failing';
}

function claimedText({ claimed, lease }: DnsStatus): string {
  if (claimed.length === 0) return 'left to its rules on this node';
  const how = lease === 'held' ? 'answered on this node' : 'answered by other nodes: the lease is lost';
  return `${claimed.join(', ')}, ${how}`;
}

/** `3 s`, `5 min`, `2 h 10 min`, `4 d 3 h` */
function since(iso: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(iso)) / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
