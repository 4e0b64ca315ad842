/** Settings from a command line, for the commands that take those of `run`. */
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { ParseArgsOptionDescriptor } from 'node:util';
import { flagOptions, spellSwitches } from '../../config/flags.ts';
import { helpOfFlag, helpOfSettings } from '../../config/help.ts';
import { type ConfigHost, type Loaded, loadSettings } from '../../config/load.ts';
import type { CommandIo } from './command.ts';
import { parseOptions } from './options.ts';

/** Help of all settings and of the file that can hold them. */
export function settingsHelp(): string {
  const file = helpOfFlag(
    '--config FILE',
    'a FairleadConfiguration (fairlead.dev/v1alpha1) with settings, or a KubeProxyConfiguration; flags win over it',
  );
  return `${helpOfSettings()}\n\nFile:\n${file}`;
}

export interface SettingsCommandLine extends Loaded {
  /** Path that `--config` gives. */
  readonly configPath: string | undefined;
  /** The same with another text of that file. Rejects with a UsageError. */
  readonly reload: (text: string) => Promise<Loaded>;
  /** Values of the command's own flags, by name. */
  readonly own: Readonly<Record<string, unknown>>;
  /** Words beside the flags. */
  readonly words: readonly string[];
}

/** Reads flags and file. Throws UsageError. */
export async function readSettings(
  args: readonly string[],
  io: CommandIo,
  ownOptions: Readonly<Record<string, ParseArgsOptionDescriptor>> = {},
  maxWords = 0,
): Promise<SettingsCommandLine> {
  const options = { ...flagOptions(), config: { type: 'string' }, ...ownOptions } as const;
  const { values, positionals: words } = parseOptions(spellSwitches(args), options, maxWords);
  const load = (readText: ConfigHost['readText']): Promise<Loaded> =>
    loadSettings(values, { env: io.env, hostname, readText });
  const path = values['config'];
  return {
    ...(await load((file) => readFile(file, 'utf8'))),
    configPath: typeof path === 'string' ? path : undefined,
    reload: (text) => load(() => Promise.resolve(text)),
    own: values,
    words,
  };
}
