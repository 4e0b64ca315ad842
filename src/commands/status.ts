import { helpOfFlag, helpOfSettings } from '../config/help.ts';
import { askAgent } from './agent/askAgent.ts';
import { askStatus } from './agent/askStatus.ts';
import { socketPathOf } from './agent/runDir.ts';
import { statusText } from './agent/statusText.ts';
import type { Command } from './line/command.ts';
import { OUTPUT_OPTION, outputOf, parseOptions } from './line/options.ts';

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
