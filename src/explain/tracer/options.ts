/** Words of a rule, grouped as iptables groups them: options of the rule itself, of each match, of the target. */

export interface Option {
  readonly name: string;
  readonly values: readonly string[];
  readonly not: boolean;
}

/** `-m NAME` or `-j NAME` with its options. */
export interface Group {
  readonly name: string;
  readonly options: readonly Option[];
}

export interface Grouped {
  readonly base: readonly Option[];
  readonly matches: readonly Group[];
  readonly target: Group | undefined;
}

/** Options that stand for themselves wherever they are; `--dport` needs no `-m` of its own. */
const BASE = new Set(['-s', '-d', '-p', '-i', '-o', '--dport', '--sport', '-g']);

export function groupOptions(text: string): Grouped {
  const base: Option[] = [];
  const matches: { name: string; options: Option[] }[] = [];
  let target: { name: string; options: Option[] } | undefined;
  for (const option of optionsOf(text)) {
    const [name = ''] = option.values;
    if (option.name === '-m') matches.push({ name, options: [] });
    else if (option.name === '-j') target = { name, options: [] };
    else if (BASE.has(option.name)) base.push(option);
    else (target ?? matches.at(-1) ?? { options: base }).options.push(option);
  }
  return { base, matches, target };
}

/** As iptables would print it. */
export function optionText({ name, values, not }: Option): string {
  return [...(not ? ['!'] : []), name, ...values].join(' ');
}

function optionsOf(text: string): readonly Option[] {
  const options: { name: string; values: string[]; not: boolean }[] = [];
  let not = false;
  for (const { word, quoted } of wordsOf(text)) {
    if (word === '!' && !quoted) not = true;
    else if (word.startsWith('-') && !quoted) {
      options.push({ name: word, values: [], not });
      not = false;
    } else options.at(-1)?.values.push(word);
  }
  return options;
}

/** iptables splits at blanks outside double quotes, and takes `\` in them as an escape. */
function wordsOf(text: string): { word: string; quoted: boolean }[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([word, quoted]) =>
    quoted === undefined
      ? { word, quoted: false }
      : { word: quoted.replaceAll(/\\(.)/g, '$1'), quoted: true },
  );
}
