/** Which servers a name is asked of: the zone with the longest domain that the name is in. */
import type { ForwardSettings, ForwardZone, UpstreamSource } from '../../settings.ts';
import { encodeName } from '../../wire/name.ts';
import type { Query } from '../../wire/query.ts';
import type { Upstream } from './upstream.ts';

/** A zone at work. While its servers are set the same way it stays the same object, and owns its kept answers. */
export interface Zone {
  settings: ForwardZone;
  /** What the sources of the settings come to at this time. */
  upstreams: readonly Upstream[];
  /** Queries so far; says whose turn it is. */
  turn: number;
}

/** Immutable: new settings make another. A domain is looked up label by label, however many zones there are. */
export class Zones {
  readonly #byDomain: ReadonlyMap<string, Zone>;
  readonly #excepted: ReadonlyMap<Zone, ReadonlySet<string>>;
  /** Where one zone takes every name, which is the usual case, names need not be looked at. */
  readonly #only: Zone | undefined;

  constructor(zones: readonly Zone[]) {
    this.#byDomain = new Map(zones.map((zone) => [wireText(zone.settings.domain), zone]));
    this.#excepted = new Map(zones.map((zone) => [zone, new Set(zone.settings.except.map(wireText))]));
    this.recursive = zones.some((zone) => zone.settings.upstreams.length > 0);
    const [first] = zones;
    const plain = first?.settings.domain === '' && first.settings.except.length === 0;
    this.#only = zones.length === 1 && plain && first.settings.upstreams.length > 0 ? first : undefined;
  }

  /** Some zone has somebody to ask. */
  readonly recursive: boolean;

  get all(): readonly Zone[] {
    return [...this.#byDomain.values()];
  }

  /** As `of`, for a query's name. */
  ofQuery({ key, nameLength }: Query): Zone | undefined {
    return this.#only ?? this.of(key.toString('latin1', 0, nameLength));
  }

  /** `name` is lower-cased, in wire form, an octet a character. */
  of(name: string): Zone | undefined {
    if (this.#only !== undefined) return this.#only;
    const suffixes: string[] = [];
    for (let at = 0; at < name.length; at += 1 + name.charCodeAt(at)) {
      const suffix = name.slice(at);
      suffixes.push(suffix);
      const zone = this.#byDomain.get(suffix);
      const excepted = zone === undefined ? undefined : this.#excepted.get(zone);
      if (zone === undefined || suffixes.some((each) => excepted?.has(each))) continue;
      return zone.settings.upstreams.length > 0 ? zone : undefined;
    }
    return undefined;
  }
}

/** Zones for new settings, in which those of the old stay that are asked the same way. */
export function zonesFor(settings: ForwardSettings, old: readonly Zone[]): Zone[] {
  return settings.zones.map((zone) => {
    const before = old.find(({ settings: { domain } }) => domain === zone.domain);
    return before !== undefined && sameSources(before.settings.upstreams, zone.upstreams)
      ? before
      : { settings: zone, upstreams: [], turn: 0 };
  });
}

function sameSources(a: readonly UpstreamSource[], b: readonly UpstreamSource[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function wireText(domain: string): string {
  return Buffer.from(encodeName(domain)).toString('latin1');
}
