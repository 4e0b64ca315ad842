import { readFile } from 'node:fs/promises';
import { UsageError } from '../config/usageError.ts';
import type { Command } from './line/command.ts';
import { readSettings, settingsHelp } from './line/settings.ts';

export const command: Command = {
  name: 'run',
  summary: 'run the agent of this node',
  usage: [
    'Usage: fairlead run [FLAGS]',
    '',
    'Routes Services and answers names until SIGTERM or SIGINT. Rules stay in the kernel when it ends, so that',
    "connections live on: 'fairlead cleanup' removes them.",
    '',
    'The file that --config names is followed: a mode that changes in it is switched to while connections go on, what',
    'else changes needs a restart, and is told. SIGHUP reads it at once.',
    '',
    settingsHelp(),
  ].join('\n'),
  async run(args, io) {
    const { configPath, reload, ...loaded } = await readSettings(args, io);
    const { settings } = loaded;
    if (!settings.proxy && !settings.dns)
      throw new UsageError('--proxy off and --dns off leave nothing to do');
    if (!settings.proxy && settings.once) throw new UsageError('--once programs rules: not with --proxy off');
    const { runAgent } = await import('../agent/runAgent.ts');
    const configFile =
      configPath === undefined
        ? undefined
        : { path: configPath, read: () => readFile(configPath, 'utf8'), load: reload };
    return runAgent({
      loaded,
      configFile,
      env: io.env,
      signal: io.signal,
      onHangUp: io.onHangUp,
    });
  },
};
