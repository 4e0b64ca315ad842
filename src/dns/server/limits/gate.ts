/** Stands before the server on UDP, where a limit is set for each client. */
import { emptyReady } from '../../answers/ready.ts';
import type { ReplyWriter } from '../../answers/writer.ts';
import { FLAG, RCODE } from '../../wire/codes.ts';
import { Query } from '../../wire/query.ts';
import type { DnsCounters } from '../counters.ts';
import type { ClientLimit } from './clientLimit.ts';

export class Gate {
  readonly #limit: ClientLimit;
  readonly #slip: number;
  readonly #writer: ReplyWriter;
  readonly #counters: DnsCounters;
  readonly #query = new Query();
  #turnedAway = 0;

  /** `slip` as in `ClientLimitSettings`. */
  constructor(limit: ClientLimit, slip: number, writer: ReplyWriter, counters: DnsCounters) {
    this.#limit = limit;
    this.#slip = slip;
    this.#writer = writer;
    this.#counters = counters;
  }

  allows(address: string): boolean {
    return this.#limit.allows(address);
  }

  /**
   * What a query above the limit gets: nothing, or a reply without records and with TC, hardly longer than the query.
   * Who really is at its sender's address asks again by TCP at once; a forger cannot. Never REFUSED, after which
   * musl's resolver would wait for five seconds.
   */
  turnAway(packet: Uint8Array): Uint8Array | undefined {
    this.#turnedAway++;
    const told = this.#slip > 0 && this.#turnedAway % this.#slip === 0;
    if (!told || this.#query.read(packet) !== RCODE.NOERROR) {
      this.#counters.limitedDropped++;
      return undefined;
    }
    this.#counters.limitedTruncated++;
    const verdict = { flags: FLAG.TC, soa: undefined, zoneAt: 0 };
    return this.#writer.write(this.#query, emptyReady(), verdict, this.#query.edns.udpSize);
  }
}
