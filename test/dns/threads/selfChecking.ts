/** Questions by number, and answers that tell by themselves whether they are of one piece. */
import { emptyReady, type Ready } from '../../../src/dns/answers/ready.ts';
import { TYPE } from '../../../src/dns/wire/codes.ts';
import { makeQuery, Query } from '../../../src/dns/wire/query.ts';

export const KEYS = 400;

const queries = Array.from({ length: KEYS }, (_, number) => {
  const query = new Query(5);
  query.read(makeQuery(`name-${number}.shop`, TYPE.A));
  return query;
});

export function keyOf(number: number): Query {
  const query = queries[number];
  if (query === undefined) throw new Error(`no question ${number}`);
  return query;
}

/** Every octet, and every count, follows from the number and the fill. */
export function answerOf(number: number, fill: number): Ready {
  const length = 16 * (1 + ((number + fill) % 60));
  const bytes = new Uint8Array(length).fill(fill);
  bytes[0] = number & 0xff;
  bytes[1] = number >> 8;
  return {
    ...emptyReady(),
    bytes,
    length,
    answers: fill,
    additional: length,
    stride: fill,
    errorBytes: new Uint8Array(fill).fill(fill),
    errorLength: fill,
  };
}

export function isWhole(number: number, ready: Ready): boolean {
  const { bytes, start, length, answers: fill, errorBytes, errorAt } = ready;
  if (length !== 16 * (1 + ((number + fill) % 60)) || ready.additional !== length || ready.stride !== fill) {
    return false;
  }
  if (bytes[start] !== (number & 0xff) || bytes[start + 1] !== number >> 8) return false;
  for (let i = start + 2; i < start + length; i++) if (bytes[i] !== fill) return false;
  if (ready.errorLength !== fill) return false;
  for (let i = errorAt; i < errorAt + fill; i++) if (errorBytes[i] !== fill) return false;
  return true;
}
