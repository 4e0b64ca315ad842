/** What the zone says to one question. */
import { RCODE } from '../wire/codes.ts';
import type { ExtendedError } from '../wire/edns.ts';
import type { Rr } from '../wire/record.ts';
import type { Found } from './records/records.ts';

export interface Resolution {
  readonly rcode: number;
  readonly answers: readonly Rr[];
  readonly additional: readonly Rr[];
  /** Why there is nothing, for clients that can be told. */
  readonly error: ExtendedError | undefined;
  /**
   * What alone decides this answer: the key of a Service, a namespace, or an address for a reverse name. The answer
   * may be kept until that is stale. `undefined`: it must not be kept.
   */
  readonly keeper: string | undefined;
  /** The answers end in an alias for this name outside the cluster: somebody else knows the rest. */
  readonly outside: string | undefined;
}

/** NOERROR, also where there are no records: the name exists. */
export function found(records: Found, keeper?: string): Resolution {
  return { rcode: RCODE.NOERROR, ...records, error: undefined, keeper, outside: undefined };
}

/** No records, and why. */
export function denied(rcode: number, error: ExtendedError | undefined, keeper?: string): Resolution {
  return { rcode, answers: [], additional: [], error, keeper, outside: undefined };
}
