/** What the main thread and the thread that carries say to each other. */
import type { SharedBudget } from '../budget.ts';
import type { ListenAt, RelayTargets } from '../relay.ts';

/** What the thread is started with. */
export interface ThreadData {
  /** One word, 1 when the thread must end. */
  readonly stop: SharedArrayBuffer;
  /** Descriptor that wakes the thread, for orders and for the end. */
  readonly signal: number;
  /** One word: how many orders were given. */
  readonly given: SharedArrayBuffer;
  /** `OwnedFiles`. */
  readonly owned: SharedArrayBuffer;
  readonly budget: SharedBudget;
}

export interface Retarget {
  readonly port: number;
  readonly targets: RelayTargets;
  /** `EndpointMemory` of these targets. */
  readonly endpoints: SharedArrayBuffer;
}

export interface ListenOrder extends Retarget {
  readonly kind: 'listen';
  /** The main thread's: it listens already. */
  readonly fd: number;
  readonly at: ListenAt;
  /** `PortMemory`. */
  readonly memory: SharedArrayBuffer;
}

export type Order =
  | ListenOrder
  | (Retarget & { readonly kind: 'retarget' })
  /** Accept no more, and end what is carried after so long. */
  | { readonly kind: 'close'; readonly port: number; readonly drainMs: number };

export type Report =
  | { readonly kind: 'ready' }
  /** Nothing of the port is carried, and its descriptor is not used any more. */
  | { readonly kind: 'closed'; readonly port: number }
  | { readonly kind: 'warning'; readonly fields: object; readonly message: string };
