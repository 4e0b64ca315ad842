/** Who is asked for which names, from the `forward`, `cache` and `log` lines of all server blocks. */
import type {
  CacheSettings,
  ForwardSettings,
  ForwardZone,
  QueryLog,
  UpstreamSource,
} from '../../dns/settings.ts';
import type { BlockDraft, CacheDraft, ForwardDraft, Reading } from './reading.ts';
import { isWithin } from './zones.ts';

const NOTHING_KEPT: CacheSettings = {
  success: { min: 0, max: 0 },
  denial: { min: 0, max: 0 },
  servfail: 0,
  serveStale: 0,
  prefetch: 0,
};

/** Zones that only flags or a kube-dns ConfigMap name stay; of the root and of each other zone, the Corefile's wins. */
export function forwardingOf(
  drafts: readonly BlockDraft[],
  domain: string,
  reading: Reading,
): ForwardSettings {
  const ground = reading.ground.configuration.forwarding;
  const cluster = clusterServers(drafts, domain);
  const zones = new Map<string, ForwardZone>();
  for (const zone of ground.zones) if (zone.domain !== '') zones.set(zone.domain, zone);
  for (const draft of drafts) {
    for (const zone of draft.zones) {
      // Without a `forward` line nobody is asked, as CoreDNS has it.
      if (!isOwn(zone, domain) && zone !== '') zones.set(zone, refused(zone, reading));
    }
    for (const forward of draft.forwards) {
      for (const zone of zonesOf(forward, draft, domain, cluster, reading)) zones.set(zone.domain, zone);
    }
  }
  return { ...ground, zones: [...zones.values()], queryLog: queryLogOf(drafts) ?? ground.queryLog };
}

function zonesOf(
  forward: ForwardDraft,
  { caches: [cache] }: BlockDraft,
  domain: string,
  cluster: readonly string[],
  reading: Reading,
): ForwardZone[] {
  const {
    file,
    line,
    domains,
    upstreams: wanted,
    except,
    policy,
    maxConcurrent,
    maxFails,
    forceTcp,
  } = forward;
  const upstreams = wanted.filter((server) => !cluster.includes(keyOf(server)));
  if (upstreams.length < wanted.length && domains.every((zone) => isOwn(zone, domain))) {
    reading.note({ file, line }, 'forward: names of the cluster are answered here');
  }
  const split =
    cache === undefined ? [] : [...cache.zones, ...cache.disabled.success, ...cache.disabled.denial];
  return domains.flatMap((zone) => {
    // The cluster's names are answered here; its reverse zones are, unless somebody else is to be asked.
    if (isWithin(zone, domain) || (isOwn(zone, domain) && upstreams.length === 0)) return [];
    // A part of the zone that is kept otherwise than the rest becomes a zone of its own, with the same servers.
    const parts = split.filter((part) => part !== zone && isWithin(part, zone) && !isOwn(part, domain));
    return [...new Set([zone, ...parts])].map((part) => ({
      domain: part,
      upstreams,
      except,
      policy,
      maxConcurrent,
      maxFails,
      forceTcp,
      cache: cacheOf(cache, part),
    }));
  });
}

function cacheOf(cache: CacheDraft | undefined, zone: string): CacheSettings {
  if (cache === undefined || !cache.zones.some((cached) => isWithin(zone, cached))) return NOTHING_KEPT;
  const { settings, disabled } = cache;
  const off = (kind: 'success' | 'denial'): boolean => disabled[kind].some((part) => isWithin(zone, part));
  return {
    ...settings,
    ...(off('success') ? { success: NOTHING_KEPT.success } : {}),
    ...(off('denial') ? { denial: NOTHING_KEPT.denial } : {}),
  };
}

/**
 * Servers that are asked for the cluster's own names, as a node-local cache does: they are other agents, so asking
 * them for anything would pass a query round and round.
 */
function clusterServers(drafts: readonly BlockDraft[], domain: string): string[] {
  if (drafts.some(({ kubernetes }) => kubernetes.length > 0)) return [];
  return drafts
    .flatMap(({ forwards }) => forwards)
    .filter(({ domains }) => domains.some((zone) => isWithin(zone, domain)))
    .flatMap(({ upstreams }) => upstreams.map(keyOf));
}

function keyOf(server: UpstreamSource): string {
  return JSON.stringify(server);
}

function isOwn(zone: string, domain: string): boolean {
  return isWithin(zone, domain) || isWithin(zone, 'in-addr.arpa') || isWithin(zone, 'ip6.arpa');
}

function refused(domain: string, reading: Reading): ForwardZone {
  return { ...reading.ground.options, domain, upstreams: [], except: [], cache: NOTHING_KEPT };
}

function queryLogOf(drafts: readonly BlockDraft[]): QueryLog | undefined {
  const logs = drafts.flatMap((draft) => draft.logs);
  if (logs.length === 0) return undefined;
  const classes = new Set(logs.flatMap((log) => log.classes));
  const domains = new Set(logs.flatMap((log) => log.domains));
  return { classes: [...classes], every: 1, domains: [...domains] };
}
