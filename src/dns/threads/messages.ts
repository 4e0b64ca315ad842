/** What the main thread and the threads that answer say to each other. */
import type { MemoryShape } from '../answers/memory.ts';
import type { ClientLimitSettings } from '../server/limits/clientLimit.ts';
import type { Link } from '../server/readyReplies.ts';

/** What a thread is started with. */
export interface ThreadData {
  /** Among the readers of the shared state. */
  readonly index: number;
  readonly state: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  readonly cacheCounts: SharedArrayBuffer;
  readonly ring: SharedArrayBuffer;
  /** One word, 1 when the thread must end. */
  readonly stop: SharedArrayBuffer;
  /** Descriptor that wakes the thread, for messages and for the end. */
  readonly signal: number;
  readonly seed: number;
  readonly clusterDomain: string;
  /** Seconds that a denial may be kept. */
  readonly denial: number;
  readonly limit: SharedLimit | undefined;
  /** Whether several replies to one client may be joined into one packet, which the system parts. */
  readonly joinedFrom: number;
  /** Milliseconds by which a thread's `uptimeMs` is ahead of the main thread's monotonic clock. */
  readonly aheadMs: number;
}

/** What one client may ask of all threads together. */
export interface SharedLimit {
  readonly settings: ClientLimitSettings;
  readonly buffer: SharedArrayBuffer;
}

export type Order =
  | { readonly kind: 'memory'; readonly id: number; readonly shape: MemoryShape }
  /** Read this one too. */
  | { readonly kind: 'read'; readonly socket: number; readonly fd: number; readonly link: Link }
  | { readonly kind: 'leave'; readonly socket: number };

export type Report =
  | { readonly kind: 'reading'; readonly socket: number }
  /** The system forbids it. */
  | { readonly kind: 'unable'; readonly socket: number; readonly reason: string }
  /** The socket is used no more. */
  | { readonly kind: 'left'; readonly socket: number }
  /** There are packets in the ring, and the main thread slept. */
  | { readonly kind: 'packets' };
