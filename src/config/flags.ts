/** Settings as flags: what `parseArgs` must know, and what it found. */
import type { ParseArgsOptionDescriptor } from 'node:util';
import { SETTING_KEYS, type Given } from './given.ts';
import type { SettingKey } from './settings.ts';
import { TABLE } from './tables/table.ts';
import { UsageError } from './usageError.ts';

type FlagOptions = Record<string, ParseArgsOptionDescriptor>;

/** `parseArgs` options for these settings, aliases included. */
export function flagOptions(keys: readonly SettingKey[] = SETTING_KEYS): FlagOptions {
  const options: FlagOptions = {};
  for (const key of keys) {
    const { value, repeatable } = TABLE[key];
    for (const name of namesOf(key)) {
      options[name] = { type: value === undefined ? 'boolean' : 'string', multiple: repeatable === true };
    }
  }
  return options;
}

/** What the flags say, by setting. Throws UsageError when one setting is given under two names. */
export function givenByFlags(values: Readonly<Record<string, unknown>>): Given {
  const given: Given = new Map();
  for (const key of SETTING_KEYS) {
    const [name, other] = namesOf(key).filter((candidate) => values[candidate] !== undefined);
    if (name === undefined) continue;
    if (other !== undefined) throw new UsageError(`--${name} and --${other} are the same setting: give one`);
    given.set(key, { value: values[name], origin: { kind: 'flag', name } });
  }
  return given;
}

/** Rewrites `--switch=true` and `--switch=false`, which kube-proxy's users write, to what `parseArgs` knows. */
export function spellSwitches(args: readonly string[]): string[] {
  const switches = new Set(SETTING_KEYS.filter((key) => TABLE[key].value === undefined).flatMap(namesOf));
  return args.map((arg) => {
    const [, name, value] = /^--([^=]+)=(true|false)$/.exec(arg) ?? [];
    if (name === undefined || !switches.has(name)) return arg;
    return value === 'true' ? `--${name}` : `--no-${name}`;
  });
}

function namesOf(key: SettingKey): readonly string[] {
  const { flag, aliases = [] } = TABLE[key];
  return [flag, ...aliases];
}
