import { UsageError } from '../config/usageError.ts';
import { helpOfFlag, helpOfSettings } from '../config/help.ts';
import { askStatus } from './askStatus.ts';
import type { Command } from './command.ts';
import { OUTPUT_OPTION, outputOf, parseOptions } from './options.ts';
import { socketPathOf } from './runDir.ts';

const MODES = ['iptables', 'userspace', 'nftables'];

export const command: Command = {
  name: 'mode',
  summary: 'tell how the agent on this node routes Services',
  usage: [
    'Usage: fairlead mode [iptables|userspace|nftables] [FLAGS]',
    '',
    'Prints the mode in force. Naming another one fails in this version: restart the agent with --mode instead.',
    '',
    helpOfSettings(['runDir']),
    helpOfFlag('--output, -o text|json', 'how to print it (default: text)'),
  ].join('\n'),
  async run(args, io) {
    const { values, positionals } = parseOptions(
      args,
      { 'run-dir': { type: 'string' }, ...OUTPUT_OPTION },
      1,
    );
    const output = outputOf(values.output);
    const [wanted] = positionals;
    if (wanted !== undefined && !MODES.includes(wanted)) {
      throw new UsageError(`"${wanted}" is none of ${MODES.join(', ')}`);
    }
    const { proxy } = await askStatus(socketPathOf(values['run-dir']));
    const mode = proxy?.mode ?? 'off';
    if (wanted !== undefined && wanted !== mode) {
      throw new Error(`the agent routes by ${mode}; this version cannot switch a running agent to ${wanted}`);
    }
    io.stdout(output === 'json' ? JSON.stringify({ mode }) : mode);
    return 0;
  },
};
