/** Rules as iptables understands them: what it takes, and how it prints what it took. */

export interface Option {
  readonly name: string;
  readonly values: readonly string[];
  readonly not: boolean;
}

export interface Extension {
  readonly name: string;
  readonly options: readonly Option[];
}

export interface FakeRule {
  /** `-s`, `-d`, `-i`, `-o`, `-p`. */
  readonly base: ReadonlyMap<string, Option>;
  readonly matches: readonly Extension[];
  readonly target: Extension | undefined;
}

/** What iptables says and exits with; `line` is filled in by the restore. */
export class Refusal extends Error {
  readonly code: number;
  constructor(message: string, code: number) {
    super(message);
    this.code = code;
  }
}

const BASE = ['-s', '-d', '-i', '-o', '-p'];

/** Options of each match and how many values each has. */
const MATCHES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  comment: { '--comment': 1 },
  tcp: { '--dport': 1 },
  udp: { '--dport': 1 },
  sctp: { '--dport': 1 },
  conntrack: { '--ctstate': 1 },
  mark: { '--mark': 1 },
  statistic: { '--mode': 1, '--probability': 1 },
  recent: {
    '--name': 1,
    '--rcheck': 0,
    '--seconds': 1,
    '--reap': 0,
    '--set': 0,
    '--mask': 1,
    '--rsource': 0,
  },
  addrtype: { '--src-type': 1, '--dst-type': 1 },
};

/** Options of each target, and the only table that may use it. */
const TARGETS: Readonly<
  Record<string, { readonly table?: string; readonly options: Readonly<Record<string, number>> }>
> = {
  ACCEPT: { options: {} },
  DROP: { options: {} },
  RETURN: { options: {} },
  REJECT: { table: 'filter', options: { '--reject-with': 1 } },
  MARK: { options: { '--or-mark': 1, '--xor-mark': 1, '--set-xmark': 1 } },
  MASQUERADE: { table: 'nat', options: { '--random-fully': 0 } },
  DNAT: { table: 'nat', options: { '--to-destination': 1 } },
};

export function isTarget(name: string): boolean {
  return Object.hasOwn(TARGETS, name);
}

/** Reads what follows `-A CHAIN`. Throws Refusal for what iptables would not take in this table. */
export function parseRule(text: string, table: string, v6: boolean): FakeRule {
  const tokens = tokensOf(text);
  const base = new Map<string, Option>();
  const matches: { name: string; options: Option[] }[] = [];
  let target: { name: string; options: Option[] } | undefined;
  let not = false;
  for (let i = 0; i < tokens.length; ) {
    const token = tokens[i++] ?? '';
    if (token === '!') {
      not = true;
      continue;
    }
    if (token === '-m' || token === '-j') {
      const extension = { name: tokens[i++] ?? '', options: [] };
      if (token === '-j') target = extension;
      else matches.push(extension);
      if (token === '-m' && MATCHES[extension.name] === undefined) {
        throw new Refusal(`Couldn't load match \`${extension.name}':No such file or directory\n`, 2);
      }
    } else if (BASE.includes(token)) {
      const value = tokens[i++] ?? '';
      if (token === '-s' || token === '-d') checkAddress(value, v6);
      base.set(token, { name: token, values: [value], not });
    } else {
      const owner = ownerOf(token, matches, target);
      if (owner === undefined) throw new Refusal(`unknown option "${token}"`, 2);
      const values = tokens.slice(i, i + owner.count);
      i += owner.count;
      owner.options.push({ name: token, values, not });
    }
    not = false;
  }
  const rule = { base, matches, target };
  checkRule(rule, table);
  return rule;
}

/** The target, or else the last match, that knows an option. */
function ownerOf(
  option: string,
  matches: readonly { name: string; options: Option[] }[],
  target: { name: string; options: Option[] } | undefined,
): { options: Option[]; count: number } | undefined {
  const ofTarget = target === undefined ? undefined : TARGETS[target.name]?.options[option];
  if (target !== undefined && ofTarget !== undefined) return { options: target.options, count: ofTarget };
  for (const match of matches.toReversed()) {
    const count = MATCHES[match.name]?.[option];
    if (count !== undefined) return { options: match.options, count };
  }
  return undefined;
}

function checkAddress(value: string, v6: boolean): void {
  if (value.includes(':') !== v6) throw new Refusal(`host/network \`${value}' not found`, 2);
}

function checkRule({ base, matches, target }: FakeRule, table: string): void {
  const protocol = base.get('-p')?.values[0];
  for (const { name } of matches) {
    if (['tcp', 'udp', 'sctp'].includes(name) && protocol !== name) {
      throw new Refusal(`${name.toUpperCase()} match requires '-p ${name}'`, 2);
    }
  }
  const to = target?.options.find(({ name }) => name === '--to-destination')?.values[0] ?? '';
  if (/(\]|^[^:]*):\d+$/.test(to) && protocol === undefined) {
    throw new Refusal('Need TCP, UDP, SCTP or DCCP with port specification', 2);
  }
  const only = target === undefined ? undefined : TARGETS[target.name]?.table;
  if (only !== undefined && only !== table) throw new Refusal('Invalid argument', 4);
}

/** As iptables-save prints it, after `-A CHAIN`. */
export function printRule({ base, matches, target }: FakeRule, v6: boolean): string {
  const parts = BASE.map((name) => base.get(name))
    .filter((option) => option !== undefined)
    .map((option) => printBase(option, v6));
  parts.push(...matches.map((match) => `-m ${print(match, v6)}`));
  if (target !== undefined) parts.push(`-j ${print(target, v6, target.name === 'REJECT')}`);
  return parts.filter((part) => part !== '').join(' ');
}

function printBase({ name, values, not }: Option, v6: boolean): string {
  const value = values[0] ?? '';
  const isAddress = name === '-s' || name === '-d';
  // A prefix that holds everything says nothing, and is not printed.
  if (isAddress && value.endsWith('/0') && !not) return '';
  const whole = isAddress && !value.includes('/') ? `${value}/${v6 ? 128 : 32}` : value;
  return `${not ? '! ' : ''}${name} ${whole}`;
}

function print({ name, options }: Extension, v6: boolean, reject = false): string {
  const printed = options.map((option) => printOption(option));
  if (name === 'recent') {
    // The name comes after what to do, and defaults are told.
    printed.sort((a, b) => Number(a.startsWith('--name')) - Number(b.startsWith('--name')));
    if (!printed.some((text) => text.startsWith('--mask'))) {
      printed.push(
        `--mask ${v6 ? 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff' : '255.255.255.255'}`,
        '--rsource',
      );
    }
  }
  if (reject && printed.length === 0) printed.push(`--reject-with icmp${v6 ? '6' : ''}-port-unreachable`);
  return [name, ...printed].join(' ');
}

function printOption({ name, values, not }: Option): string {
  const value = values.join(' ');
  const prefix = not ? '! ' : '';
  const hex = (text: string): string => `0x${Number(text).toString(16)}`;
  switch (name) {
    case '--comment':
      return `--comment ${/^[\w-]+$/.test(value) ? value : `"${value.replaceAll(/["'\\]/g, String.raw`\$&`)}"`}`;
    case '--mark':
      return `${prefix}--mark ${value.split('/').map(hex).join('/')}`;
    case '--or-mark':
      return `--set-xmark ${hex(value)}/${hex(value)}`;
    case '--xor-mark':
      return `--set-xmark ${hex(value)}/0x0`;
    case '--probability':
      // Eleven digits of what 31 bits can hold.
      return `--probability ${(Math.round(Number(value) * 2 ** 31) / 2 ** 31).toFixed(11)}`;
    default:
      return `${prefix}${name}${value === '' ? '' : ` ${value}`}`;
  }
}

function tokensOf(text: string): string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(
    ([token, quoted]) => quoted?.replaceAll(/\\(.)/g, '$1') ?? token,
  );
}
