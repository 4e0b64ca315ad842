/** What a new connection meets in fake tables: enough of the kernel's walk for the rules of a Service proxy. */
import { contains, parseCidr } from '../../src/net/cidr.ts';
import { familyOf } from '../../src/net/ip.ts';
import type { Extension, FakeRule, Option } from './iptablesRule.ts';
import type { FakeTable } from './iptablesTable.ts';

export interface Packet {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly protocol?: 'tcp' | 'udp' | 'sctp';
  /** This machine's addresses; a packet from one of them was made here. */
  readonly local: readonly string[];
}

export interface Verdict {
  /** Where it may end up, sorted; ` m` after those to which it is masqueraded. Empty when no rule rewrites it. */
  readonly endpoints: readonly string[];
  readonly refused: 'REJECT' | 'DROP' | undefined;
  /** The most rules that were looked at in table nat before it was rewritten. */
  readonly rules: number;
}

type Tables = ReadonlyMap<string, FakeTable>;

/** A way through a chain: it came to an end there, or came back, with its mark, after so many rules. */
interface Way {
  readonly end: string | undefined;
  readonly masquerade: boolean;
  readonly rules: number;
}

export function send(tables: Tables, packet: Packet): Verdict {
  const made = packet.local.includes(packet.from);
  const nat = tables.get('nat');
  const ways = nat === undefined ? [] : walk(nat, made ? 'OUTPUT' : 'PREROUTING', packet, false, 0);
  const found = ways.filter(({ end }) => end !== undefined);
  const endpoints = new Set(found.map(({ end, masquerade }) => `${end}${masquerade ? ' m' : ''}`));
  const rules = Math.max(0, ...ways.map((way) => way.rules));
  return {
    endpoints: [...endpoints].sort(),
    refused: endpoints.size > 0 ? undefined : refusal(tables, packet, made),
    rules,
  };
}

function refusal(tables: Tables, packet: Packet, made: boolean): Verdict['refused'] {
  const filter = tables.get('filter');
  const here = packet.local.includes(packet.to);
  const hooks = made ? ['OUTPUT', ...(here ? ['INPUT'] : [])] : [here ? 'INPUT' : 'FORWARD'];
  if (filter === undefined) return undefined;
  for (const hook of hooks) {
    const end = walk(filter, hook, packet, false, 0)[0]?.end;
    if (end === 'REJECT' || end === 'DROP') return end;
  }
  return undefined;
}

/** Chance matches both hold and do not: all ways are given. */
function walk(table: FakeTable, chain: string, packet: Packet, marked: boolean, walked: number): Way[] {
  const done: Way[] = [];
  let open: Way[] = [{ end: undefined, masquerade: marked, rules: walked }];
  for (const rule of table.chains.get(chain) ?? []) {
    const next: Way[] = [];
    for (const way of open) {
      const here = { ...way, rules: way.rules + 1 };
      const holds = matches(rule, packet);
      if (holds !== 'yes') next.push(here);
      if (holds !== 'no') take(table, rule, packet, here, next, done);
    }
    open = next;
    if (open.length === 0) break;
  }
  return [...done, ...open];
}

function take(table: FakeTable, rule: FakeRule, packet: Packet, way: Way, open: Way[], done: Way[]): void {
  const name = rule.target?.name;
  if (name === undefined) {
    open.push(way);
  } else if (table.chains.has(name)) {
    for (const after of walk(table, name, packet, way.masquerade, way.rules)) {
      (after.end === undefined ? open : done).push(after);
    }
  } else if (name === 'MARK') {
    open.push({ ...way, masquerade: true });
  } else if (name === 'RETURN') {
    done.push(way);
  } else {
    done.push({ ...way, end: name === 'DNAT' ? optionOf(rule.target, '--to-destination') : name });
  }
}

type Holds = 'yes' | 'no' | 'perhaps';

function matches({ base, matches: extensions }: FakeRule, packet: Packet): Holds {
  const all: Holds[] = [
    prefix(base.get('-s'), packet.from),
    prefix(base.get('-d'), packet.to),
    base.get('-p') === undefined || base.get('-p')?.values[0] === (packet.protocol ?? 'tcp') ? 'yes' : 'no',
    ...extensions.map((extension) => extensionHolds(extension, packet)),
  ];
  if (all.includes('no')) return 'no';
  return all.includes('perhaps') ? 'perhaps' : 'yes';
}

function prefix(option: Option | undefined, address: string): Holds {
  if (option === undefined) return 'yes';
  const value = option.values[0] ?? '';
  const range = parseCidr(value.includes('/') ? value : `${value}/${familyOf(value) === 'IPv4' ? 32 : 128}`);
  return range !== undefined && contains(range, address) !== option.not ? 'yes' : 'no';
}

function extensionHolds(extension: Extension, packet: Packet): Holds {
  const value = (name: string): string | undefined => optionOf(extension, name);
  const yes = (holds: boolean): Holds => (holds ? 'yes' : 'no');
  switch (extension.name) {
    case 'tcp':
    case 'udp':
    case 'sctp': {
      const [first = 0, last = first] = (value('--dport') ?? '0:65535').split(':').map(Number);
      return yes(packet.port >= first && packet.port <= last);
    }
    case 'addrtype':
      return yes(packet.local.includes(value('--src-type') === undefined ? packet.to : packet.from));
    case 'conntrack':
      return yes((value('--ctstate') ?? '').split(',').includes('NEW'));
    case 'statistic':
      return 'perhaps';
    case 'recent':
      // Nobody was here before.
      return yes(value('--set') !== undefined);
    case 'mark':
      return 'no';
    default:
      return 'yes';
  }
}

function optionOf(extension: Extension | undefined, name: string): string | undefined {
  return extension?.options.find((option) => option.name === name)?.values.join(' ');
}
