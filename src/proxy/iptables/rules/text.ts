/** Rules as `iptables-restore` reads them, word for word as kube-proxy writes them. */
import type { Match, Rule, Target } from './rule.ts';

/** What follows `-A CHAIN`. */
export function ruleText(rule: Rule): string {
  const matches = rule.matches.map(matchText);
  if (rule.target !== undefined) matches.push(targetText(rule.target));
  return matches.join(' ');
}

function matchText(match: Match): string {
  switch (match.kind) {
    case 'comment':
      return `-m comment --comment ${quote(match.text)}`;
    case 'protocol': {
      const name = match.protocol.toLowerCase();
      return `-m ${name} -p ${name}`;
    }
    case 'source':
      return `${not(match)}-s ${match.prefix}`;
    case 'destination':
      return `${not(match)}-d ${match.prefix}`;
    case 'inInterface':
      return `${not(match)}-i ${match.name}`;
    case 'port':
      return `--dport ${match.first === match.last ? match.first : `${match.first}:${match.last}`}`;
    case 'local':
      return `-m addrtype --${match.side}-type LOCAL`;
    case 'mark':
      return `-m mark ${not(match)}--mark ${markText(match.mark)}/${markText(match.mark)}`;
    case 'state':
      return `-m conntrack ${not(match)}--ctstate ${match.states.join(',')}`;
    case 'chance':
      return `-m statistic --mode random --probability ${probability(match.among)}`;
    case 'remembered':
      return `-m recent --name ${match.list} --rcheck --seconds ${match.seconds} --reap`;
    case 'remember':
      return `-m recent --name ${match.list} --set`;
    default:
      return match satisfies never;
  }
}

function targetText(target: Target): string {
  switch (target.kind) {
    case 'jump':
      return `-j ${target.chain}`;
    case 'accept':
    case 'drop':
    case 'reject':
    case 'return':
      return `-j ${target.kind.toUpperCase()}`;
    case 'setMark':
      return `-j MARK --or-mark ${markText(target.mark)}`;
    case 'flipMark':
      return `-j MARK --xor-mark ${markText(target.mark)}`;
    case 'masquerade':
      return `-j MASQUERADE${target.randomFully ? ' --random-fully' : ''}`;
    case 'dnat':
      return `-j DNAT --to-destination ${target.to}`;
    default:
      return target satisfies never;
  }
}

const not = (match: { readonly not?: boolean }): string => (match.not === true ? '! ' : '');

/** One of `among`, with the ten decimals that kube-proxy writes. */
export function probability(among: number): string {
  return (1 / among).toFixed(10);
}

function markText(mark: number): string {
  return `0x${mark.toString(16).padStart(8, '0')}`;
}

/** iptables-restore splits at white space outside double quotes, and takes `\` in them as an escape. */
function quote(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
