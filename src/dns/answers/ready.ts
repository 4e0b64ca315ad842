/** A reply's records, laid out and waiting for a query's header and question. */

/** Mutable and reused: looking an answer up must not allocate. */
export interface Ready {
  /** The records are `bytes[start..start+length)`. */
  bytes: Uint8Array;
  start: number;
  length: number;
  answers: number;
  additional: number;
  /** Octets of each record when all are addresses of the asked name, so that their order is free; else 0. */
  stride: number;
  /** False: there were more than one message can hold. */
  whole: boolean;
  /** Holds SRV targets, which are spelled out in lower case. */
  spelled: boolean;
}

const NO_OCTETS = new Uint8Array(0);

export function emptyReady(): Ready {
  return {
    bytes: NO_OCTETS,
    start: 0,
    length: 0,
    answers: 0,
    additional: 0,
    stride: 0,
    whole: true,
    spelled: false,
  };
}

/** Makes it hold no records. */
export function clear(ready: Ready): void {
  ready.bytes = NO_OCTETS;
  ready.start = 0;
  ready.length = 0;
  ready.answers = 0;
  ready.additional = 0;
  ready.stride = 0;
  ready.whole = true;
  ready.spelled = false;
}
