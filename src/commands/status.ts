import { helpOfFlag, helpOfSettings } from '../config/help.ts';
import { askAgent } from './askAgent.ts';
import { askStatus } from './askStatus.ts';
import type { Command } from './command.ts';
import { OUTPUT_OPTION, outputOf, parseOptions } from './options.ts';
import { socketPathOf } from './runDir.ts';
import { statusText } from './statusText.ts';

export const command: Command = {
  name: 'status',
  summary: 'tell what the agent on this node does, and what is wrong',
  usage: [
    'Usage: fairlead status [FLAGS]',
    '',
    'Asks the running agent over its control socket. The exit code is 1 when no agent answers.',
    '',
    helpOfSettings(['runDir']),
    helpOfFlag('--output, -o text|json', 'how to print it (default: text)'),
  ].join('\n'),
  async run(args, io) {
    const { values } = parseOptions(args, { 'run-dir': { type: 'string' }, ...OUTPUT_OPTION });
    const socketPath = socketPathOf(values['run-dir']);
    if (outputOf(values.output) === 'json') {
      io.stdout(JSON.stringify(await askAgent(socketPath, '/status'), undefined, 2));
    } else {
      io.stdout(statusText(await askStatus(socketPath), Date.now()));
    }
    return 0;
  },
};
