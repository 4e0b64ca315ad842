/** Help texts, made from the table of settings. */
import { SETTING_KEYS } from './given.ts';
import type { SettingKey } from './settings.ts';
import { GROUPS } from './tables/setting.ts';
import { TABLE } from './tables/table.ts';

const WIDTH = 100;
const INDENT = 6;

/** The flags of these settings by group, each with its help and default. */
export function helpOfSettings(keys: readonly SettingKey[] = SETTING_KEYS): string {
  return GROUPS.map((group) => [group, keys.filter((key) => TABLE[key].group === group)] as const)
    .filter(([, members]) => members.length > 0)
    .map(([group, members]) => `${group}:\n${members.map(helpOf).join('\n')}`)
    .join('\n\n');
}

/** One flag: its names on a line, its help below. */
export function helpOfFlag(names: string, help: string): string {
  return `  ${names}\n${wrap(help)}`;
}

function helpOf(key: SettingKey): string {
  const setting = TABLE[key];
  const value = setting.value === undefined ? '' : ` ${setting.value}`;
  const names = [setting.flag, ...(setting.aliases ?? [])].map((name) => `--${name}`).join(', ');
  return helpOfFlag(names + value, setting.help + (setting.repeatable ? '; repeatable' : '') + told(key));
}

function told(key: SettingKey): string {
  const setting = TABLE[key];
  const text =
    setting.told ??
    (typeof setting.default === 'string' ? setting.default : setting.default === true ? 'on' : 'off');
  return text === '' ? '' : ` (default: ${text})`;
}

function wrap(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line === '') lines[lines.length - 1] = word;
    else if (INDENT + line.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => ' '.repeat(INDENT) + line).join('\n');
}
