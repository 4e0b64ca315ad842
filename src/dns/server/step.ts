/** Which part of the server answered a query: for the query log and metrics. */
import type { ForwardStep } from '../forward/forwarder.ts';

/**
 * Beside those of forwarding:
 * - `zone`: the cluster's own names. `search`: names at the end of a pod's search list.
 * - `rules`: templates and hosts entries. `chaos`: class CH, who this server is.
 * - `none`: nothing was looked up, the query itself was refused.
 */
export type Step = ForwardStep | 'zone' | 'search' | 'rules' | 'chaos' | 'none';

export const STEPS: readonly Step[] = [
  'zone',
  'search',
  'rules',
  'cache',
  'stale',
  'forward',
  'busy',
  'loop',
  'refused',
  'chaos',
  'none',
];

/** A reply, and whence it came. */
export interface Answered {
  readonly reply: Uint8Array | undefined;
  readonly step: Step;
  /** Server that it came from; empty where none did. */
  readonly upstream: string;
}

export type Answering = Answered | Promise<Answered>;

/** A reply of our own. */
export function answeredBy(step: Step, reply: Uint8Array | undefined): Answered {
  return { reply, step, upstream: '' };
}

/** Who sent a query. */
export interface Client {
  readonly address: string;
  readonly port: number;
}
