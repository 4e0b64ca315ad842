import { helpOfFlag } from '../config/help.ts';
import { type InForce, settingsInForce } from '../config/inForce.ts';
import { UsageError } from '../config/usageError.ts';
import { askAgent } from './agent/askAgent.ts';
import { socketPathOf } from './agent/runDir.ts';
import type { Command } from './line/command.ts';
import { OUTPUT_OPTION, outputOf } from './line/options.ts';
import { readSettings, settingsHelp } from './line/settings.ts';

const OWN_OPTIONS = {
  ...OUTPUT_OPTION,
  running: { type: 'boolean' },
  changed: { type: 'boolean' },
} as const;

export const command: Command = {
  name: 'config',
  summary: 'tell what is set, and where each value comes from',
  usage: [
    'Usage: fairlead config show [FLAGS]',
    '',
    "Prints every setting as 'run' would have it with these flags and this environment, or as the running agent has",
    'it, and beside each value the flag, the line of the file or the variable that it comes from.',
    '',
    'Output:',
    helpOfFlag('--running', 'what the agent on this node runs with; of the flags only --run-dir counts then'),
    helpOfFlag('--changed', 'without what has its default'),
    helpOfFlag('--output, -o text|json', 'how to print it (default: text)'),
    '',
    settingsHelp(),
  ].join('\n'),
  async run([what, ...args], io) {
    if (what !== 'show') {
      throw new UsageError(
        what === undefined ? 'show what? config show' : `unknown word "${what}": config show`,
      );
    }
    const { settings, origins, notes, own } = await readSettings(args, io, OWN_OPTIONS);
    const output = outputOf(own['output']);
    const all = own['running'] === true ? await ofAgent(settings.runDir) : settingsInForce(settings, origins);
    if (own['running'] !== true) for (const note of notes) io.stderr(note);
    const shown = own['changed'] === true ? all.filter(({ from }) => from !== 'default') : all;
    io.stdout(output === 'json' ? JSON.stringify(shown, undefined, 2) : table(shown));
    if (args.length === 0)
      io.stderr("without flags, as 'run' would have it: --running asks the agent on this node");
    return 0;
  },
};

async function ofAgent(runDir: string): Promise<readonly InForce[]> {
  const told = await askAgent(socketPathOf(runDir), '/config');
  if (Array.isArray(told) && told.every(isInForce)) return told;
  throw new Error('the agent is of another version than this program: use --output json of its own');
}

function isInForce(value: unknown): value is InForce {
  return typeof value === 'object' && value !== null && 'key' in value && 'from' in value;
}

function table(rows: readonly InForce[]): string {
  const cells = rows.map(({ key, value, from }) => [key, told(value), from] as const);
  // A list of servers may be long: it does not push the origins of all others out of sight.
  const width = (column: 0 | 1): number =>
    Math.min(32, Math.max(0, ...cells.map((row) => row[column].length)));
  return cells
    .map(([key, value, from]) => `${key.padEnd(width(0))}  ${value.padEnd(width(1))}  ${from}`)
    .join('\n');
}

/** As the configuration file would have it. */
function told(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
}
