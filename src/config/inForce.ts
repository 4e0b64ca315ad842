/** Settings as a person would write them, each with where it comes from. */
import { formatSocketAddress } from '../net/socketAddress.ts';
import { SETTING_KEYS } from './given.ts';
import type { Origins } from './load.ts';
import { originText } from './origin.ts';
import type { SettingKey, Settings } from './settings.ts';
import type { Setting } from './tables/setting.ts';
import { TABLE } from './tables/table.ts';

export interface InForce {
  readonly key: SettingKey;
  readonly flag: string;
  /** As the file can hold it: places as `ADDRESS:PORT`, ranges as text, what is not served as an empty text. */
  readonly value: unknown;
  /** `--mode`, `agent.yaml:3: mode`, `$NODE_NAME`, `default`. */
  readonly from: string;
}

/** Every setting, in the order of the table; `origins` lacks those that nobody gave. */
export function settingsInForce(settings: Settings, origins: Origins): readonly InForce[] {
  return SETTING_KEYS.map((key) => ({
    key,
    flag: `--${TABLE[key].flag}`,
    value: asWritten(key, settings[key]),
    from: originText(origins.get(key) ?? { kind: 'default' }),
  }));
}

/** A value of this setting as the configuration file can hold it. */
export function asWritten(key: SettingKey, value: unknown): unknown {
  const { reader }: Setting<unknown> = TABLE[key];
  return plainValue(reader.write === undefined ? value : reader.write(value));
}

function plainValue(value: unknown): unknown {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value !== 'object' || value === null) return value;
  if ('text' in value && 'bits' in value) return value.text;
  if ('address' in value && 'port' in value) {
    return formatSocketAddress({ address: String(value.address), port: Number(value.port) });
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainValue(inner)]));
}
