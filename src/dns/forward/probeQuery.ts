/** The queries that we ask on our own behalf. */
import { TYPE } from '../wire/codes.ts';
import { putU16 } from '../wire/layout.ts';
import { type ForwardQuery, readQuery } from '../cache/query.ts';
import type { Random } from './upstreamQuery.ts';

/** `. NS`: every resolver has it at hand, so asking it costs nobody anything. */
export function rootQuery(): ForwardQuery {
  return plainQuery([], TYPE.NS);
}

/** A name that nobody but us can have asked for: if it comes back to us as a query, we are asking ourselves. */
export function loopQuery(random: Random): ForwardQuery {
  const hex = Buffer.from(random(16)).toString('hex');
  return plainQuery([hex.slice(0, 16), hex.slice(16)], TYPE.HINFO);
}

function plainQuery(labels: readonly string[], type: number): ForwardQuery {
  const name = labels.flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')]);
  const message = Uint8Array.from([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...name, 0, 0, 0, 0, 1]);
  putU16(message, message.length - 4, type);
  const query = readQuery(message);
  if (query === undefined) throw new Error('a query of our own making is malformed');
  return query;
}
