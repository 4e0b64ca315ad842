/** What reading a Corefile goes by, and where remarks are put. */
import type { RuleBlock } from '../../dns/rules/rule.ts';
import type { CacheSettings, QueryLogClass, UpstreamSource, ZoneOptions } from '../../dns/settings.ts';
import type { DnsConfiguration, Remark } from '../dnsConfiguration.ts';
import type { Place } from '../place.ts';
import type { ConfigTexts } from './expand.ts';
import type { Environment } from './lexer.ts';

/** What is in force where the Corefile says nothing, and what it is compared with. */
export interface Ground {
  readonly configuration: DnsConfiguration;
  readonly options: ZoneOptions;
  readonly clusterDomain: string;
  /** Pods are known, so that their names can be verified: that must be so from the start. */
  readonly podsKnown: boolean;
  /** Ports of what these plugins serve; `undefined`: it is not served. */
  readonly ports: Readonly<Record<'health' | 'ready' | 'prometheus', number | undefined>>;
}

/** Shared by all plugins of one Corefile; remarks keep the order in which they are made. */
export class Reading {
  readonly ground: Ground;
  readonly texts: ConfigTexts;
  readonly env: Environment;
  readonly #remarks: Remark[] = [];

  constructor(ground: Ground, texts: ConfigTexts, env: Environment) {
    this.ground = ground;
    this.texts = texts;
    this.env = env;
  }

  get remarks(): readonly Remark[] {
    return this.#remarks;
  }

  /** It is done, in another way. */
  note({ file, line }: Place, message: string): void {
    this.#remarks.push({ file, line, level: 'note', message });
  }

  /** It is not done. */
  warn({ file, line }: Place, message: string): void {
    this.#remarks.push({ file, line, level: 'warning', message });
  }
}

/** A server block while its plugins are read. */
export interface BlockDraft extends Place {
  readonly zones: readonly string[];
  readonly kubernetes: KubernetesDraft[];
  readonly forwards: ForwardDraft[];
  readonly caches: CacheDraft[];
  readonly logs: LogDraft[];
  readonly rules: { -readonly [K in keyof Omit<RuleBlock, 'zones'>]: Mutable<RuleBlock[K]> };
}

type Mutable<T> = T extends readonly (infer E)[] ? E[] : T;

export interface KubernetesDraft extends Place {
  readonly zones: readonly string[];
  readonly ttl: number | undefined;
  readonly pods: DnsConfiguration['zone']['pods'];
}

export interface ForwardDraft extends Place, Omit<ZoneOptions, 'cache'> {
  readonly domains: readonly string[];
  readonly upstreams: readonly UpstreamSource[];
  readonly except: readonly string[];
}

export interface CacheDraft {
  readonly zones: readonly string[];
  readonly settings: CacheSettings;
  /** Zones whose answers, or denials, are not kept. */
  readonly disabled: Readonly<Record<'success' | 'denial', readonly string[]>>;
}

export interface LogDraft {
  readonly domains: readonly string[];
  readonly classes: readonly QueryLogClass[];
}

export function emptyDraft(zones: readonly string[], { file, line }: Place): BlockDraft {
  return {
    file,
    line,
    zones,
    kubernetes: [],
    forwards: [],
    caches: [],
    logs: [],
    rules: { rewrites: [], minimalAny: false, templates: [], hosts: undefined },
  };
}
