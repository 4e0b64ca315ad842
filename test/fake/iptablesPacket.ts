/** What a new connection meets in fake tables, told shortly: by the tracer, from what iptables-save would print. */
import { parseRuleset } from '../../src/explain/tracer/ruleset.ts';
import { type Outcome, trace } from '../../src/explain/tracer/trace.ts';
import { saved } from './iptables.ts';
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
}

export function send(tables: ReadonlyMap<string, FakeTable>, packet: Packet): Verdict {
  const { from: source, to: destination, port, protocol = 'tcp', local } = packet;
  const entersBy = local.includes(source) ? undefined : 'eth0';
  const machine = { addresses: local };
  const met = trace(parseRuleset(saved(tables)), { source, destination, protocol, port, entersBy }, machine);
  const endpoints = met.flatMap(endpointOf);
  const refused = met.find(({ verdict }) => verdict.kind === 'reject' || verdict.kind === 'drop')?.verdict
    .kind;
  return {
    endpoints: [...new Set(endpoints)].sort(),
    refused: refused === undefined ? undefined : refused === 'reject' ? 'REJECT' : 'DROP',
  };
}

function endpointOf({ verdict, masqueraded }: Outcome): string[] {
  return verdict.kind === 'dnat' ? [`${verdict.to}${masqueraded ? ' m' : ''}`] : [];
}
