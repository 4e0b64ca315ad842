/**
 * One text for all the ways to write the same rule. What `iptables-save` prints differs from what was restored:
 * order, defaults, masks, number formats, and from one version to the next. Comparing canonical texts tells
 * whether a rule in the kernel is the one we would write.
 */

interface Option {
  readonly name: string;
  readonly values: string[];
  readonly negated: boolean;
}

interface Group {
  readonly name: string;
  readonly options: Option[];
}

const PROTOCOLS = new Set(['tcp', 'udp', 'sctp']);
const BASE_OPTIONS = new Set(['-s', '-d', '-i', '-o', '-p']);

/** `rule` is what follows `-A CHAIN`. Matches it does not know are compared as they are. */
export function canonicalRule(rule: string): string {
  const base: Group = { name: '', options: [] };
  const matches: Group[] = [];
  let target: Group | undefined;
  let current = base;
  let option: Option | undefined;
  let negated = false;
  const tokens = tokensOf(rule);
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] ?? '';
    if (token === '-m' || token === '-j' || token === '-g') {
      current = { name: tokens[++i] ?? '', options: [] };
      if (token === '-m') matches.push(current);
      else target = current;
      option = undefined;
    } else if (token === '!') {
      negated = true;
      option = undefined;
    } else if (BASE_OPTIONS.has(token)) {
      base.options.push({ name: token, values: [tokens[++i] ?? ''], negated });
      negated = false;
    } else if (token.startsWith('--') || option === undefined) {
      option = { name: token, values: [], negated };
      current.options.push(option);
      negated = false;
    } else {
      option.values.push(token);
    }
  }
  const texts: string[] = [];
  // That a protocol's match is loaded says no more than `-p`, unless it has options.
  for (const match of matches)
    if (match.options.length > 0 || !PROTOCOLS.has(match.name)) texts.push(groupText(match));
  // A chain's name takes no options; an extension's target may.
  const end = target === undefined ? '' : `-> ${groupText(target)}`;
  return `${groupText(base)} | ${texts.length === 0 ? '' : `${joined(texts, ' | ')} | `}${end}`;
}

function groupText({ name, options }: Group): string {
  const texts: string[] = [];
  for (const option of options) {
    const text = optionText(name, option);
    if (text !== '') texts.push(text);
  }
  return texts.length === 0 ? name : `${name} ${joined(texts, ' ')}`;
}

/** Hundreds of thousands of times in one look at a large table, and nearly always of one text. */
function joined(texts: string[], separator: string): string {
  return texts.length === 1 ? (texts[0] ?? '') : texts.sort().join(separator);
}

/** Empty for what says nothing: a default that only one side writes out. */
function optionText(group: string, { name, values, negated }: Option): string {
  const value = values.length === 1 ? (values[0] ?? '') : values.join(' ');
  const text = (to: string, as = name): string => `${negated ? '! ' : ''}${as} ${to}`;
  switch (`${group} ${name}`) {
    case ' -s':
    case ' -d':
      if (value.includes('/')) return value.endsWith('/0') && !negated ? '' : text(value);
      return text(`${value}/${value.includes(':') ? 128 : 32}`);
    case 'mark --mark':
    case 'MARK --set-xmark':
      return text(markText(value));
    case 'MARK --or-mark':
      return text(markText(`${value}/${value}`), '--set-xmark');
    case 'MARK --xor-mark':
      return text(markText(`${value}/0`), '--set-xmark');
    case 'statistic --probability':
      // The kernel keeps 31 bits of it.
      return text(String(Math.round(Number(value) * 2 ** 31)));
    case 'recent --rsource':
    case 'recent --mask':
      return /^(|255\.255\.255\.255|ffff(:ffff){7})$/.test(value) ? '' : text(value);
    case 'REJECT --reject-with':
      return /^icmp6?-port-unreachable$/.test(value) ? '' : text(value);
    case 'conntrack --ctstate':
      return text(value.split(',').sort().join(','));
    default:
      return text(value);
  }
}

function markText(value: string): string {
  return value
    .split('/')
    .map((part) => `0x${Number(part).toString(16)}`)
    .join('/');
}

/** Words, and quoted texts without their quotes and escapes. */
function tokensOf(rule: string): string[] {
  if (!rule.includes('"')) return rule.split(' ');
  const tokens: string[] = [];
  for (const [token, quoted] of rule.matchAll(/"((?:[^"\\]|\\.)*)"|\S+/g)) {
    tokens.push(quoted === undefined ? token : quoted.replaceAll(/\\(.)/g, '$1'));
  }
  return tokens;
}
