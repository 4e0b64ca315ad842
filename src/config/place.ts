/** Where a DNS configuration says something, so that whoever wrote it finds the line. */
import { placeText } from './origin.ts';

export interface Place {
  /** As the operator named it, or as an `import` did. */
  readonly file: string;
  /** From 1; 0 where the file as a whole is meant. */
  readonly line: number;
}

/** The configuration cannot be used at all: the last good one stays in force. */
export class UnusableConfig extends Error {
  override readonly name = 'UnusableConfig';

  constructor(place: Place, message: string) {
    super(at(place, message));
  }
}

/** `/etc/coredns/Corefile:7: unknown plugin "forwrad"` */
export function at(place: Place, message: string): string {
  return `${placeText(place)}: ${message}`;
}
