/** What a set would hold for a packet. */
import type { Packet } from './packet.ts';
import type { Side } from './rule.ts';
import type { State } from './state.ts';

/** `ADDRESS`, `ADDRESS,PROTOCOL:PORT` or `ADDRESS,PROTOCOL:PORT,ADDRESS`, as many as there are sides. */
export function setElement(sides: readonly Side[], state: State, packet: Packet): string {
  const [address = 'destination', port, other] = sides;
  const parts = [addressOf(address, state, packet)];
  if (port !== undefined) parts.push(`${packet.protocol}:${portOf(port, state, packet)}`);
  if (other !== undefined) parts.push(addressOf(other, state, packet));
  return parts.join();
}

export function addressOf(side: Side, state: State, packet: Packet): string {
  return side === 'source' ? packet.source : state.destination;
}

export function portOf(side: Side, state: State, packet: Packet): number {
  return side === 'source' ? (packet.sourcePort ?? 0) : state.port;
}
