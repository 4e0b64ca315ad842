/** Flags over file over environment over defaults. */
import { messageOf } from '../errors/caught.ts';
import type { DetectLocal } from '../proxy/settings.ts';
import { parseConfigFile } from './file.ts';
import { givenByFlags } from './flags.ts';
import { SETTING_KEYS, type Given, type GivenValue } from './given.ts';
import { type Origin, originText } from './origin.ts';
import type { SettingKey, Settings } from './settings.ts';
import { INVALID } from './tables/readers.ts';
import type { HostFacts, Setting } from './tables/setting.ts';
import { TABLE } from './tables/table.ts';
import { UsageError } from './usageError.ts';

export interface ConfigHost extends HostFacts {
  /** Text of a file; rejects with the system's error. */
  readonly readText: (path: string) => Promise<string>;
}

export interface Loaded {
  readonly settings: Settings;
  readonly origins: Origins;
  /** Lines for the operator's log. */
  readonly notes: readonly string[];
  /** What the file gives and a flag too: the flag wins. */
  readonly overruled: readonly SettingKey[];
}

/** Where each value comes from. */
export type Origins = ReadonlyMap<SettingKey, Origin>;

type Draft = { -readonly [K in SettingKey]?: Settings[K] };

/**
 * Settings from parsed flags and the file that `--config` names. Throws UsageError: one line that names the flag,
 * or the file, its line and its key.
 */
export async function loadSettings(
  flags: Readonly<Record<string, unknown>>,
  host: ConfigHost,
): Promise<Loaded> {
  const byFlags = givenByFlags(flags);
  const path = flags['config'];
  const file = typeof path === 'string' ? await readFile(path, host) : { given: new Map(), notes: [] };
  const given: Given = new Map([...file.given, ...byFlags]);
  const draft: Draft = {};
  const origins = new Map<SettingKey, Origin>();
  for (const key of SETTING_KEYS) {
    const found = given.get(key) ?? ungiven(key, host);
    fill(draft, key, found);
    origins.set(key, found.origin);
  }
  if (!isWhole(draft)) throw new Error('a setting was left out');
  checkDetectLocal(draft);
  return {
    settings: draft,
    origins,
    notes: [...file.notes, ...contradictions(draft)],
    overruled: SETTING_KEYS.filter((key) => file.given.has(key) && byFlags.has(key)),
  };
}

async function readFile(path: string, host: ConfigHost): ReturnType<typeof parseConfigFile> {
  let text: string;
  try {
    text = await host.readText(path);
  } catch (error) {
    throw new UsageError(`--config: ${messageOf(error)}`);
  }
  return parseConfigFile(path, text);
}

function ungiven(key: SettingKey, host: HostFacts): GivenValue {
  const setting: Setting<unknown> = TABLE[key];
  const { environment: name } = setting;
  const value = name === undefined ? undefined : host.env[name];
  if (name !== undefined && value) return { value, origin: { kind: 'environment', name } };
  const fallback = typeof setting.default === 'function' ? setting.default(host) : setting.default;
  return { value: fallback, origin: { kind: 'default' } };
}

function fill<K extends SettingKey>(draft: Pick<Draft, K>, key: K, { value, origin }: GivenValue): void {
  const setting: Setting<Settings[K]> = TABLE[key];
  const read = setting.reader.read(value);
  if (read === INVALID) {
    // A default can be wrong where the host decides it; the flag is what mends it.
    const from = originText(origin.kind === 'default' ? { kind: 'flag', name: setting.flag } : origin);
    throw new UsageError(`${from}: ${JSON.stringify(value)} is no ${setting.reader.expected}`);
  }
  draft[key] = read;
}

function isWhole(draft: Draft): draft is Settings {
  return SETTING_KEYS.every((key) => key in draft);
}

function checkDetectLocal(settings: Settings): void {
  const { detectLocalMode: mode, podBridgeInterface, podInterfaceNamePrefix } = settings;
  const needed: Readonly<Record<DetectLocal['mode'], SettingKey | undefined>> = {
    ClusterCIDR: undefined,
    NodeCIDR: undefined,
    BridgeInterface: podBridgeInterface === '' ? 'podBridgeInterface' : undefined,
    InterfaceNamePrefix: podInterfaceNamePrefix === '' ? 'podInterfaceNamePrefix' : undefined,
  };
  const key = needed[mode];
  if (key !== undefined) throw new UsageError(`--detect-local-mode ${mode} needs --${TABLE[key].flag}`);
}

function contradictions(settings: Settings): string[] {
  const notes = [];
  if (settings.kubeconfig !== '' && settings.manifests !== '') {
    notes.push('--manifests has no effect beside --kubeconfig');
  }
  return notes;
}
