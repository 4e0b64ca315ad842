/**
 * Packets on their way from one thread that reads them to one that answers them, in shared memory. Each is the number
 * of its socket, its length, its sender as the system wrote it, and its octets.
 *
 * Positions only grow, modulo 2^32: their difference is what is in the ring. One side writes each of them.
 */
import { SOCKADDR_WORDS } from '../../host/udp/sockaddr.ts';

const WORDS = 65_536;
const MASK = WORDS - 1;
const AT = { written: 0, read: 1, asleep: 2, data: 16 } as const;
const HEAD_WORDS = 2 + SOCKADDR_WORDS;
/** In place of a socket: the rest of the ring up to its end is empty, as packets lie in one piece. */
const SKIP = 0xffff_ffff;

/** Mutable and reused. `names` and `octets` are the ring's own memory, until the next packet is asked for. */
export interface RingPacket {
  socket: number;
  names: Uint32Array;
  /** Word of `names` where the sender is. */
  at: number;
  octets: Uint8Array;
}

export class PacketRing {
  readonly buffer: SharedArrayBuffer;
  readonly #head: Int32Array;
  readonly #words: Uint32Array;
  readonly #octets: Uint8Array;
  readonly #packet: RingPacket;

  /** The other thread's is made from the `buffer` of the first. */
  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(4 * (AT.data + WORDS))) {
    this.buffer = buffer;
    this.#head = new Int32Array(buffer, 0, AT.data);
    this.#words = new Uint32Array(buffer, 4 * AT.data);
    this.#octets = new Uint8Array(buffer, 4 * AT.data);
    this.#packet = { socket: 0, names: this.#words, at: 0, octets: new Uint8Array(0) };
  }

  /** Writes a packet; false when there is no room. */
  push(socket: number, names: Uint32Array, at: number, octets: Uint8Array, length: number): boolean {
    const size = HEAD_WORDS + ((length + 3) >>> 2);
    const written = Atomics.load(this.#head, AT.written);
    const room = WORDS - ((written - Atomics.load(this.#head, AT.read)) >>> 0);
    const end = WORDS - (written & MASK);
    const skipped = size > end ? end : 0;
    if (skipped + size > room) return false;
    if (skipped > 0) this.#words[written & MASK] = SKIP;
    const start = (written + skipped) & MASK;
    this.#words[start] = socket;
    this.#words[start + 1] = length;
    for (let word = 0; word < SOCKADDR_WORDS; word++) this.#words[start + 2 + word] = names[at + word] ?? 0;
    this.#octets.set(octets.subarray(0, length), 4 * (start + HEAD_WORDS));
    // Last of all: whoever sees the position sees the packet.
    Atomics.store(this.#head, AT.written, written + skipped + size);
    return true;
  }

  /** The oldest packet, which stays until `pop`; `undefined` when there is none. */
  peek(): RingPacket | undefined {
    let read = Atomics.load(this.#head, AT.read);
    if (read === Atomics.load(this.#head, AT.written)) return undefined;
    if (this.#words[read & MASK] === SKIP) {
      read += WORDS - (read & MASK);
      Atomics.store(this.#head, AT.read, read);
    }
    const start = read & MASK;
    const packet = this.#packet;
    packet.socket = this.#words[start] ?? 0;
    packet.at = start + 2;
    packet.octets = this.#octets.subarray(
      4 * (start + HEAD_WORDS),
      4 * (start + HEAD_WORDS) + (this.#words[start + 1] ?? 0),
    );
    return packet;
  }

  pop(): void {
    const read = Atomics.load(this.#head, AT.read);
    const length = this.#words[(read & MASK) + 1] ?? 0;
    Atomics.store(this.#head, AT.read, read + HEAD_WORDS + ((length + 3) >>> 2));
  }

  /** The reader looks no more until it is woken. It must look once more after saying so. */
  sleep(): void {
    Atomics.store(this.#head, AT.asleep, 1);
  }

  /** Whether the reader must be woken now. */
  wake(): boolean {
    return Atomics.exchange(this.#head, AT.asleep, 0) === 1;
  }
}
