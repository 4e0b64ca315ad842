/** Reads the matches of a rule. */
import { parseCidr } from '../../net/cidr.ts';
import { canonicalIP, familyOf } from '../../net/ip.ts';
import { type Group, type Option, optionText } from './options.ts';
import type { Match, Side } from './rule.ts';

export function readBase(option: Option): Match {
  const { name, values, not } = option;
  const [value = ''] = values;
  switch (name) {
    case '-s':
    case '-d': {
      const prefix = prefixOf(value);
      return prefix === undefined
        ? unknown(optionText(option))
        : { kind: 'address', side: name === '-s' ? 'source' : 'destination', prefix, not };
    }
    case '-p':
      return { kind: 'protocol', protocol: value, not };
    case '--sport':
    case '--dport': {
      const [first = '', last = first] = value.split(':');
      const side = name === '--sport' ? 'source' : 'destination';
      // iptables-save prints numbers; a name would need /etc/services.
      if (!/^\d+$/.test(first) || !/^\d+$/.test(last)) return unknown(optionText(option));
      return { kind: 'port', side, first: Number(first), last: Number(last), not };
    }
    case '-i':
    case '-o':
      return { kind: 'interface', way: name === '-i' ? 'in' : 'out', name: value, not };
    default:
      return unknown(optionText(option));
  }
}

export function readMatch({ name, options }: Group): readonly Match[] {
  switch (name) {
    case 'comment':
    case 'tcp':
    case 'udp':
    case 'sctp':
      // Their ports are read with the options of the rule itself.
      return options
        .filter((option) => option.name !== '--comment' && !isFirstPacket(option))
        .map((option) => notKnown(name, option));
    case 'nfacct':
      // Counts, and always holds.
      return [];
    case 'recent':
      return readRecent(options);
    case 'statistic':
      return readChance(options);
    default:
      // A match without options we could not judge, whatever it is.
      return options.length === 0
        ? [unknown(`-m ${name}`)]
        : options.map((option) => readOption(name, option) ?? notKnown(name, option));
  }
}

/** `--syn`, as iptables-save prints it: so looks the packet that is traced, where it is TCP. */
function isFirstPacket({ name, values, not }: Option): boolean {
  return !not && name === '--tcp-flags' && values.join(' ') === 'FIN,SYN,RST,ACK SYN';
}

function readOption(module: string, { name, values, not }: Option): Match | undefined {
  const [value = '', second = ''] = values;
  switch (`${module} ${name}`) {
    case 'mark --mark': {
      const [mark = '', mask = '0xffffffff'] = value.split('/');
      return { kind: 'mark', value: Number(mark), mask: Number(mask), not };
    }
    case 'addrtype --src-type':
    case 'addrtype --dst-type':
      if (value !== 'LOCAL') return undefined;
      return { kind: 'local', side: name === '--src-type' ? 'source' : 'destination', not };
    case 'conntrack --ctstate':
    case 'state --state':
      return { kind: 'state', states: value.split(','), not };
    case 'conntrack --ctorigdst': {
      const prefix = prefixOf(value);
      return prefix === undefined ? undefined : { kind: 'asked', prefix, not };
    }
    case 'set --match-set': {
      return { kind: 'set', name: value, sides: sidesOf(second), not };
    }
    default:
      return undefined;
  }
}

/** `src,src,dst` */
export function sidesOf(flags: string): readonly Side[] {
  return flags.split(',').map((flag) => (flag === 'src' ? 'source' : 'destination'));
}

function readChance(options: readonly Option[]): readonly Match[] {
  const mode = options.find(({ name }) => name === '--mode');
  const probability = options.find(({ name }) => name === '--probability');
  if (mode?.values[0] !== 'random' || probability === undefined) {
    return [unknown(['-m statistic', ...options.map(optionText)].join(' '))];
  }
  return [{ kind: 'chance', probability: Number(probability.values[0]), not: probability.not }];
}

/** `--rcheck` asks whether the source is in the list; `--set` puts it there and always holds. */
function readRecent(options: readonly Option[]): readonly Match[] {
  const known = ['--name', '--rcheck', '--set', '--seconds', '--reap', '--mask', '--rsource'];
  const other = options.find(({ name }) => !known.includes(name));
  if (other !== undefined) return [notKnown('recent', other)];
  const list = options.find(({ name }) => name === '--name')?.values[0] ?? 'DEFAULT';
  const check = options.find(({ name }) => name === '--rcheck');
  return check === undefined ? [] : [{ kind: 'remembered', list, not: check.not }];
}

function prefixOf(text: string): ReturnType<typeof parseCidr> {
  if (text.includes('/')) return parseCidr(text);
  const address = canonicalIP(text);
  return address === undefined
    ? undefined
    : parseCidr(`${address}/${familyOf(address) === 'IPv4' ? 32 : 128}`);
}

const notKnown = (module: string, option: Option): Match => unknown(`-m ${module} ${optionText(option)}`);

const unknown = (text: string): Match => ({ kind: 'unknown', text, not: false });
