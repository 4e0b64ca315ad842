/** The zones and their servers as they are now, brought up to date as settings, files and names change. */
import type { Clock, Timer } from '../../../host/clock.ts';
import { type DnsServer, formatDnsServer } from '../../../net/dnsServer.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { ForwardSettings } from '../../settings.ts';
import type { UpstreamState } from '../forwarder.ts';
import { type FoundServers, type SourceHost, Sources } from './sources.ts';
import { Upstream } from './upstream.ts';
import { type Zone, Zones, zonesFor } from './zones.ts';

/** How soon a changed resolv.conf, a moved name, or an address that became our own is noticed. */
const LOOK_MS = 5000;

export interface ServersOptions {
  readonly host: SourceHost;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of a server that no zone names any more. */
  readonly onGone: (upstream: Upstream) => void;
  /** Told when `problems` has changed. */
  readonly onProblems: () => void;
}

export class Servers {
  readonly #options: ServersOptions;
  readonly #sources: Sources;
  /** By name. A server that two zones share is one, and keeps what is known of it when zones change. */
  #upstreams: ReadonlyMap<string, Upstream> = new Map();
  #zones = new Zones([]);
  #problems: readonly string[] = [];
  /** Of the last call that asked for a change; older ones that are still waiting give way. */
  #latest = 0;
  #timer: Timer | undefined;

  constructor(options: ServersOptions) {
    this.#options = options;
    this.#sources = new Sources(options.host);
  }

  get zones(): Zones {
    return this.#zones;
  }

  get problems(): readonly string[] {
    const loops = [...this.#upstreams.values()].filter((upstream) => upstream.looping);
    return [
      ...this.#problems,
      ...loops.map(({ name }) => `upstream server ${name} sends our queries back to us: not asked`),
    ];
  }

  get upstreams(): readonly Upstream[] {
    return [...this.#upstreams.values()];
  }

  /** Takes effect at once for all zones together, when their servers are known. */
  async configure(settings: ForwardSettings): Promise<boolean> {
    this.#latest += 1;
    const call = this.#latest;
    const zones = zonesFor(settings, this.#zones.all);
    const found = await Promise.all(settings.zones.map((zone) => this.#sources.find(zone.upstreams)));
    if (call !== this.#latest) return false;
    zones.forEach((zone, i) => {
      zone.settings = settings.zones[i] ?? zone.settings;
    });
    this.#zones = new Zones(zones);
    this.#assign(zones, found);
    this.#watch();
    return true;
  }

  close(): void {
    this.#latest += 1;
    this.#timer?.cancel();
  }

  state(): UpstreamState[] {
    return this.upstreams.map((upstream) => ({
      server: upstream.name,
      zones: this.#zones.all
        .filter((zone) => zone.upstreams.includes(upstream))
        .map(({ settings: { domain } }) => domain || '.'),
      healthy: upstream.healthy && !upstream.looping,
      looping: upstream.looping,
      queries: upstream.queries,
      failures: upstream.failures,
      inFlight: upstream.inFlight,
      probeFailures: upstream.probeFailures,
      strays: upstream.strays,
      sockets: upstream.sockets,
      durations: upstream.durations,
    }));
  }

  #watch(): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(LOOK_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    const call = this.#latest;
    const zones = this.#zones.all;
    const found = await Promise.all(zones.map((zone) => this.#sources.find(zone.settings.upstreams)));
    if (call !== this.#latest) return;
    this.#assign(zones, found);
    this.#watch();
  }

  #assign(zones: readonly Zone[], found: readonly FoundServers[]): void {
    const { log, onGone, onProblems } = this.#options;
    const before = this.#upstreams;
    const now = new Map<string, Upstream>();
    zones.forEach((zone, i) => {
      const upstreams = (found[i]?.servers ?? []).map((server) => upstreamOf(server, before, now));
      const names = (all: readonly Upstream[]): string => all.map(({ name }) => name).join(', ');
      if (names(upstreams) === names(zone.upstreams)) return;
      const fields = { zone: zone.settings.domain || '.', servers: names(upstreams) || 'none' };
      log.info(fields, "dns: names that are not the cluster's are asked of these servers");
      zone.upstreams = upstreams;
    });
    for (const upstream of now.values()) upstream.maxFails = patience(upstream, zones);
    this.#upstreams = now;
    for (const [name, upstream] of before) if (!now.has(name)) onGone(upstream);
    const problems = [...new Set(found.flatMap((servers) => servers.problems))];
    const changed = problems.join('\n') !== this.#problems.join('\n');
    this.#problems = problems;
    if (changed) onProblems();
  }
}

/** Of a server that zones share, as many failures as the most patient of them bears; 0 is any number. */
function patience(upstream: Upstream, zones: readonly Zone[]): number {
  const all = zones.flatMap((zone) => (zone.upstreams.includes(upstream) ? [zone.settings.maxFails] : []));
  return all.includes(0) ? 0 : Math.max(...all);
}

function upstreamOf(
  server: DnsServer,
  before: ReadonlyMap<string, Upstream>,
  now: Map<string, Upstream>,
): Upstream {
  const name = formatDnsServer(server);
  const upstream = now.get(name) ?? before.get(name) ?? new Upstream(server);
  now.set(name, upstream);
  return upstream;
}
