/** What differs in the list between the modes. */
import type { Family } from '../../src/net/ip.ts';
import type { Mode } from '../../src/proxy/backend.ts';
import { expectation, type Numbered, targetOf } from './fixture.ts';
import type { Flow } from './flow.ts';

/**
 * A relay makes a connection of its own, so that an endpoint always sees the node, whoever asked: whom rules
 * masquerade is of no account. Who gets to which endpoints, and who to none, is the same. SCTP stays with the kernel.
 */
export function expectationIn(mode: Mode, flow: Flow, numbered: Numbered, family: Family): string {
  const expected = expectation(flow, family);
  const relayed = mode === 'userspace' && targetOf(flow, numbered, family).protocol !== 'sctp';
  return relayed && /^(local|remote)-/.test(expected) ? `${expected.replace(/ m$/, '')} m` : expected;
}

/** Endpoints behind a relay that listens there, `10.0.0.1:80`; `undefined` where none does. */
export type Behind = (protocol: 'tcp' | 'udp' | 'sctp', text: string) => readonly string[] | undefined;

export const NO_RELAYS: Behind = () => undefined;
