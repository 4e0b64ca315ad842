/** Values as they were given, before they are read. */
import type { Origin } from './origin.ts';
import type { SettingKey } from './settings.ts';
import { TABLE } from './tables/table.ts';

export interface GivenValue {
  readonly value: unknown;
  readonly origin: Origin;
}

export type Given = Map<SettingKey, GivenValue>;

export interface ConfigFile {
  readonly given: Given;
  /** What the operator should know about the file: fields without effect, each once. */
  readonly notes: readonly string[];
}

export const SETTING_KEYS: readonly SettingKey[] = keysOf(TABLE);

function keysOf<K extends string>(table: Readonly<Record<K, unknown>>): K[] {
  const keys: K[] = [];
  for (const key in table) keys.push(key);
  return keys;
}
