import { UsageError } from '../config/usageError.ts';
import { helpOfFlag, helpOfSettings } from '../config/help.ts';
import { readAsked } from '../explain/facts/asked.ts';
import { canonicalIP } from '../net/ip.ts';
import type { Command } from './line/command.ts';
import { OUTPUT_OPTION, outputOf } from './line/options.ts';
import { readSettings } from './line/settings.ts';

const OWN_OPTIONS = {
  ...OUTPUT_OPTION,
  from: { type: 'string' },
  // parseArgs knows it as `--no-probe`.
  probe: { type: 'boolean' },
} as const;

export const command: Command = {
  name: 'explain',
  summary: 'tell why a Service works on this node, or why it does not, from its name to its packets',
  usage: [
    'Usage: fairlead explain WHAT [FLAGS]',
    '',
    'WHAT is a Service as NAMESPACE/NAME, with :PORT if one port is meant; a DNS name; a clusterIP or other address of a',
    'Service, with or without :PORT; or :NODEPORT.',
    '',
    'Asks the running agent over its control socket: what the objects say, what DNS answers, which endpoints may be',
    "used here, what packets meet in the kernel's rules, and whether a connection is taken. The exit code is 1 when it",
    'does not work; the first line says why, and the next what to do.',
    '',
    helpOfFlag(
      '--from ADDRESS',
      'the client whose packets are followed (default: a pod of this node, and others)',
    ),
    helpOfFlag('--no-probe', 'try no connections to endpoints and clusterIPs'),
    helpOfFlag('--output, -o text|json', 'how to print it (default: text)'),
    '',
    'Where no agent runs, it is told from a source what a node would do; --cluster-cidr and all other settings of `run`',
    'count then.',
    '',
    helpOfSettings(['runDir', 'manifests', 'kubeconfig', 'nodeName']),
  ].join('\n'),
  async run(args, io) {
    const { settings, own, words } = await readSettings(args, io, OWN_OPTIONS, 1);
    const output = outputOf(own['output']);
    const [what] = words;
    if (what === undefined) throw new UsageError('which Service, name or address?');
    const asked = readAsked(what);
    if (asked === undefined) {
      throw new UsageError(`"${what}" is no NAMESPACE/NAME, DNS name, address or :NODEPORT`);
    }
    const from = fromOption(own['from']);
    const { tellStory } = await import('./explain/story.ts');
    const question = { what, asked, from, probe: own['probe'] !== false };
    const story = await tellStory(question, settings, io);
    io.stdout(output === 'json' ? JSON.stringify(story.json, undefined, 2) : story.text);
    return story.works ? 0 : 1;
  },
};

function fromOption(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = typeof value === 'string' ? value : '';
  const address = canonicalIP(text);
  if (address === undefined) throw new UsageError(`--from: "${text}" is no address`);
  return address;
}
