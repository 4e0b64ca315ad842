/** Names against what rules look for. Names here are lower case and end in a dot, as CoreDNS's patterns expect. */
import type { NameMatch, Substitution } from './rule.ts';

/** The name with what was found replaced by `to`; `undefined` when nothing is found. */
export function replaceIn(name: string, match: NameMatch, to: string): string | undefined {
  switch (match.kind) {
    case 'exact':
      return name === match.text ? to : undefined;
    case 'prefix':
      return name.startsWith(match.text) ? to + name.slice(match.text.length) : undefined;
    case 'suffix':
      return name.endsWith(match.text) ? name.slice(0, name.length - match.text.length) + to : undefined;
    case 'substring':
      return name.includes(match.text) ? name.replaceAll(match.text, () => to) : undefined;
    case 'regex':
      return substitute(name, { regex: match.regex, to });
    default:
      return match satisfies never;
  }
}

/** The whole name becomes `to`, with the groups of the match put in; `undefined` when it does not match. */
export function substitute(name: string, { regex, to }: Substitution): string | undefined {
  const groups = regex.exec(name);
  return groups && to.replaceAll(/\{(\d{1,3})\}/g, (whole, n: string) => groups.get(Number(n)) ?? whole);
}

/** Whether `name`, with or without its dot at the end, is one of the zones or below it. */
export function zoneOf(name: string, zones: readonly string[]): string | undefined {
  const plain = name.endsWith('.') ? name.slice(0, -1) : name;
  let best: string | undefined;
  for (const zone of zones) {
    const within = zone === '' || plain === zone || plain.endsWith(`.${zone}`);
    if (within && (best === undefined || zone.length > best.length)) best = zone;
  }
  return best;
}
