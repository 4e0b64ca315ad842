import { UsageError } from '../config/usageError.ts';
import type { Command } from './command.ts';
import { readSettings, settingsHelp } from './settings.ts';

export const command: Command = {
  name: 'run',
  summary: 'run the agent of this node',
  usage: [
    'Usage: fairlead run [FLAGS]',
    '',
    'Routes Services and answers names until SIGTERM or SIGINT. Rules stay in the kernel when it ends, so that',
    "connections live on: 'fairlead cleanup' removes them.",
    '',
    settingsHelp(),
  ].join('\n'),
  async run(args, io) {
    const { settings, notes } = await readSettings(args, io);
    if (!settings.proxy && !settings.dns)
      throw new UsageError('--proxy off and --dns off leave nothing to do');
    if (!settings.proxy && settings.once) throw new UsageError('--once programs rules: not with --proxy off');
    const { runAgent } = await import('../agent/runAgent.ts');
    return runAgent({ settings, notes, env: io.env, signal: io.signal });
  },
};
