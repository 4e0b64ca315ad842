/** What there is to say about one setting. */
import type { Reader } from './readers.ts';

/** What a value may come from where nobody gives one. */
export interface HostFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hostname: () => string;
}

export const GROUPS = [
  'Source',
  'Node and cluster',
  'Routing',
  'Userspace mode',
  'Connection tracking',
  'DNS',
  'Operation',
] as const;

export interface Setting<T> {
  readonly group: (typeof GROUPS)[number];
  readonly flag: string;
  /** Other names of the flag: kube-proxy's. */
  readonly aliases?: readonly string[];
  /** Name of the value in the help; a setting without one is a switch. */
  readonly value?: string;
  readonly repeatable?: true;
  readonly help: string;
  /** The environment variable that holds where neither flag nor file says anything. */
  readonly environment?: string;
  readonly default: string | boolean | ((host: HostFacts) => string);
  /** The default as the help tells it, where that is not the default itself. */
  readonly told?: string;
  readonly reader: Reader<T>;
}

/** One row for each key of these settings. */
export type SettingTable<S> = { readonly [K in keyof S]: Setting<S[K]> };
