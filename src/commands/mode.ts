import { helpOfFlag, helpOfSettings } from '../config/help.ts';
import { UsageError } from '../config/usageError.ts';
import { askAgent } from './agent/askAgent.ts';
import { askStatus } from './agent/askStatus.ts';
import { socketPathOf } from './agent/runDir.ts';
import type { Command } from './line/command.ts';
import { OUTPUT_OPTION, outputOf, parseOptions } from './line/options.ts';

/** Rules of ten thousand Services take ten seconds, on a busy machine more; and then perhaps the same back. */
const SWITCH_LIMIT_MS = 300_000;

const MODES = ['iptables', 'userspace', 'nftables'];

export const command: Command = {
  name: 'mode',
  summary: 'tell how the agent on this node routes Services',
  usage: [
    'Usage: fairlead mode [iptables|userspace|nftables] [FLAGS]',
    '',
    'Prints the mode in force. Naming another one switches to it, while connections go on: Services that this node',
    'reached before must be reached after, or the mode before is put in force again and the reason is told. A restart',
    'of the agent goes back to what --mode or the configuration file says.',
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
    const socket = socketPathOf(values['run-dir']);
    if (wanted === 'nftables') throw new Error('mode nftables is not part of this version');
    if (wanted !== undefined) {
      await askAgent(socket, `/mode?to=${wanted}`, { method: 'POST', timeoutMs: SWITCH_LIMIT_MS });
    }
    const mode = (await askStatus(socket)).proxy?.mode ?? 'off';
    io.stdout(output === 'json' ? JSON.stringify({ mode }) : mode);
    return 0;
  },
};
