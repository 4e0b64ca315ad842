import type { Place } from '../place.ts';

/** What a line asks for is not done here: the rule is left out whole, as half of it would answer wrongly. */
export class NotOffered extends Error {
  readonly place: Place;

  constructor(place: Place, message: string) {
    super(message);
    this.place = place;
  }
}
