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

export function emptyReady(): Ready {
  return {
    bytes: new Uint8Array(0),
    start: 0,
    length: 0,
    answers: 0,
    additional: 0,
    stride: 0,
    whole: true,
    spelled: false,
  };
}
