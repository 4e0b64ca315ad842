/** How many queries one client may ask: memory of fixed size, however many addresses senders forge. */
import type { Clock } from '../../../host/clock.ts';
import { type Cidr, contains } from '../../../net/cidr.ts';
import { bytesOf } from '../../../net/ip.ts';

export interface ClientLimitSettings {
  /** Queries a second, by UDP. */
  readonly perSecond: number;
  /** Every so manyth query above that is answered in short; 0 answers none. */
  readonly slip: number;
  /** Clients without a limit. */
  readonly exempt: readonly Cidr[];
}

/** Clients that share a slot share a limit: with a node's few hundred pods that is rare. */
const SLOTS = 1 << 14;
/** A client that was quiet may ask a second's worth at once, as programs do when they start. */
const BURST_MS = 1000;
/** Octets of an IPv6 address that a client has to itself: it can be given any address of its /64. */
const PREFIX6 = 8;

export class ClientLimit {
  readonly settings: ClientLimitSettings;
  /** Of the times; threads that share it share the limit. */
  readonly buffer: SharedArrayBuffer;
  readonly #spacingMs: number;
  readonly #exempt: readonly Cidr[];
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #seed: number;
  /**
   * For each slot when its queries so far would have been due at an even rate (the generic cell rate algorithm):
   * one number does the work of a count and of the time that it was taken at.
   */
  readonly #due: Float64Array;

  /** `seed` keeps clients from choosing addresses that share a slot with somebody else's. */
  constructor(
    settings: ClientLimitSettings,
    clock: Pick<Clock, 'monotonic'>,
    seed: number,
    buffer: SharedArrayBuffer = new SharedArrayBuffer(8 * SLOTS),
  ) {
    this.settings = settings;
    this.buffer = buffer;
    this.#due = new Float64Array(buffer);
    this.#spacingMs = 1000 / settings.perSecond;
    this.#exempt = settings.exempt;
    this.#clock = clock;
    this.#seed = seed;
  }

  /** Counts one query of the client at this canonical address; false when it is one too many. */
  allows(address: string): boolean {
    const slot = this.#slotOf(address);
    const now = this.#clock.monotonic();
    const due = Math.max(now, this.#due[slot] ?? 0);
    if (due - now > BURST_MS - this.#spacingMs)
      return this.#exempt.some((cidr) => contains(cidr, bare(address)));
    this.#due[slot] = due + this.#spacingMs;
    return true;
  }

  /** FNV-1a. */
  #slotOf(address: string): number {
    let hash = 0x811c_9dc5 ^ this.#seed;
    if (address.includes(':')) {
      const bytes = bytesOf(bare(address));
      // Link-local addresses all share one prefix.
      const length = bytes[0] === 0xfe && bytes[1] === 0x80 ? bytes.length : PREFIX6;
      for (let i = 0; i < length; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x0100_0193);
    } else {
      for (let i = 0; i < address.length; i++) hash = Math.imul(hash ^ address.charCodeAt(i), 0x0100_0193);
    }
    return (hash ^ (hash >>> 15)) & (SLOTS - 1);
  }
}

/** Without the zone of a link-local address. */
function bare(address: string): string {
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}
