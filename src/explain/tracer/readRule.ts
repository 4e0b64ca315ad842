/** Reads one rule, as `iptables-restore` takes it and as `iptables-save` prints it. */
import { canonicalIP } from '../../net/ip.ts';
import { type Group, groupOptions, type Option, optionText } from './options.ts';
import { readBase, readMatch, sidesOf } from './readMatch.ts';
import type { Rule, Target } from './rule.ts';

/** What it does not understand stays in the rule as `unknown`, and is an error only where a packet meets it. */
export function readRule(text: string): Rule {
  const { base, matches, target } = groupOptions(text);
  return {
    text,
    matches: [...base.map(readBase), ...matches.flatMap(readMatch)],
    target: target === undefined ? undefined : readTarget(target),
  };
}

/** How a packet is refused, and which port a rewritten source gets, make no difference to where it goes. */
const NO_DIFFERENCE: Readonly<Record<string, readonly string[]>> = {
  REJECT: ['--reject-with'],
  MASQUERADE: ['--random-fully'],
  // How long it stays in the set.
  SET: ['--exist', '--timeout'],
};

function readTarget(group: Group): Target {
  const { name } = group;
  const options = group.options.filter((option) => NO_DIFFERENCE[name]?.includes(option.name) !== true);
  const [option] = options;
  if (options.length > 1) return notKnown(group);
  switch (name) {
    case 'ACCEPT':
    case 'DROP':
    case 'REJECT':
    case 'RETURN':
    case 'MASQUERADE':
    case 'NOTRACK':
      return option === undefined ? { kind: KINDS[name] } : notKnown(group);
    case 'CT':
      return option?.name === '--notrack' ? { kind: 'notrack' } : notKnown(group);
    case 'MARK':
      return (option === undefined ? undefined : readMark(option)) ?? notKnown(group);
    case 'SET':
      return (option === undefined ? undefined : readSet(option)) ?? notKnown(group);
    case 'DNAT':
      return (option?.name === '--to-destination' ? readDnat(option) : undefined) ?? notKnown(group);
    default:
      // The targets of the kernel are in capitals without a dash; so may be chains: the table knows.
      return option === undefined ? { kind: 'jump', chain: name } : notKnown(group);
  }
}

const KINDS = {
  ACCEPT: 'accept',
  DROP: 'drop',
  REJECT: 'reject',
  RETURN: 'return',
  MASQUERADE: 'masquerade',
  NOTRACK: 'notrack',
} as const;

function readSet({ name, values }: Option): Target | undefined {
  const [set = '', flags = ''] = values;
  if (name !== '--add-set' && name !== '--del-set') return undefined;
  return { kind: 'set', name: set, sides: sidesOf(flags), adds: name === '--add-set' };
}

/** Five spellings of one thing: iptables prints all of them as `--set-xmark VALUE/MASK`. */
function readMark({ name, values }: Option): Target | undefined {
  const [first = '', second = '0xffffffff'] = (values[0] ?? '').split('/');
  const [value, mask] = [Number(first), Number(second)];
  switch (name) {
    case '--set-xmark':
      return { kind: 'mark', clear: mask, flip: value };
    case '--set-mark':
      return { kind: 'mark', clear: mask | value, flip: value };
    case '--or-mark':
      return { kind: 'mark', clear: value, flip: value };
    case '--xor-mark':
      return { kind: 'mark', clear: 0, flip: value };
    case '--and-mark':
      return { kind: 'mark', clear: ~value, flip: 0 };
    default:
      return undefined;
  }
}

/** `10.0.0.1:80`, `[fd00::1]:80`, or an address alone; a range of either is not understood. */
function readDnat({ values }: Option): Target | undefined {
  const text = values[0] ?? '';
  const [, inBrackets, plain, port] = /^(?:\[(.+)\]|([\d.]+))(?::(\d+))?$/.exec(text) ?? [];
  const address = canonicalIP(inBrackets ?? plain ?? text);
  if (address === undefined) return undefined;
  return { kind: 'dnat', address, port: port === undefined ? undefined : Number(port) };
}

function notKnown({ name, options }: Group): Target {
  return { kind: 'unknown', text: ['-j', name, ...options.map(optionText)].join(' ') };
}
