import { helpOfFlag } from '../config/help.ts';
import { UsageError } from '../config/usageError.ts';
import { describeProblem } from '../kube/problem.ts';
import type { Family } from '../net/ip.ts';
import type { Command } from './line/command.ts';
import { OUTPUT_OPTION, outputOf } from './line/options.ts';
import { readSettings, settingsHelp } from './line/settings.ts';

const OWN_OPTIONS = {
  ...OUTPUT_OPTION,
  service: { type: 'string' },
  family: { type: 'string' },
} as const;

export const command: Command = {
  name: 'render',
  summary: 'print the rules that the agent would write, without writing them',
  usage: [
    'Usage: fairlead render [FLAGS]',
    '',
    'Reads the source once and prints the input of iptables-restore that gives a node the rules of mode iptables.',
    'It touches nothing and needs no root. Objects that cannot be used are told on standard error.',
    '',
    'Output:',
    helpOfFlag('--service NAMESPACE/NAME', 'only the rules of this Service'),
    helpOfFlag('--family ipv4|ipv6', 'which address family (default: ipv4)'),
    helpOfFlag('--output, -o text|json', 'how to print it (default: text)'),
    '',
    settingsHelp(),
  ].join('\n'),
  async run(args, io) {
    const { settings, notes, own } = await readSettings(args, io, OWN_OPTIONS);
    const output = outputOf(own['output']);
    const family = familyOption(own['family']);
    const only = typeof own['service'] === 'string' ? own['service'] : undefined;
    for (const note of notes) io.stderr(note);
    const { renderRules } = await import('../agent/routing/renderRules.ts');
    const rendered = await renderRules({ settings, family, only, env: io.env, signal: io.signal });
    if (rendered === undefined) return 1;
    for (const problem of rendered.problems) io.stderr(describeProblem(problem));
    if (rendered.rules === '') throw new Error(`Service ${only} is not there, or cannot be used`);
    io.stdout(
      output === 'json' ? JSON.stringify({ family, rules: rendered.rules }) : rendered.rules.trimEnd(),
    );
    return 0;
  },
};

function familyOption(value: unknown): Family {
  switch (typeof value === 'string' ? value.toLowerCase() : value) {
    case undefined:
    case 'ipv4':
      return 'IPv4';
    case 'ipv6':
      return 'IPv6';
    default:
      throw new UsageError(`--family: "${String(value)}" is none of ipv4, ipv6`);
  }
}
