/** A reply's records, laid out and waiting for a query's header and question. */
import { RCODE } from '../wire/codes.ts';
import { type ExtendedError, encodeError } from '../wire/edns.ts';

/** Mutable and reused: looking an answer up must not allocate. */
export interface Ready {
  rcode: number;
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
  /** The EDNS option that says why, for clients that can be told: `errorBytes[errorAt..errorAt+errorLength)`. */
  errorBytes: Uint8Array;
  errorAt: number;
  errorLength: number;
}

const NO_OCTETS = new Uint8Array(0);

/** Holds no records, and says nothing but the rcode. */
export function emptyReady(rcode: number = RCODE.NOERROR, error?: ExtendedError): Ready {
  const ready: Ready = {
    rcode,
    bytes: NO_OCTETS,
    start: 0,
    length: 0,
    answers: 0,
    additional: 0,
    stride: 0,
    whole: true,
    spelled: false,
    errorBytes: NO_OCTETS,
    errorAt: 0,
    errorLength: 0,
  };
  setError(ready, error);
  return ready;
}

/** Makes it hold no records. */
export function clear(ready: Ready): void {
  ready.rcode = RCODE.NOERROR;
  ready.bytes = NO_OCTETS;
  ready.start = 0;
  ready.length = 0;
  ready.answers = 0;
  ready.additional = 0;
  ready.stride = 0;
  ready.whole = true;
  ready.spelled = false;
  setError(ready, undefined);
}

/** `undefined` takes the EDNS option away. */
export function setError(ready: Ready, error: ExtendedError | undefined): void {
  ready.errorBytes = error === undefined ? NO_OCTETS : encodeError(error);
  ready.errorAt = 0;
  ready.errorLength = ready.errorBytes.length;
}
