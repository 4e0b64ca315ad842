/** The names of class CH by which operators ask a server who it is. */
import { CLASS, RCODE, TYPE } from '../wire/codes.ts';
import { putU16 } from '../wire/layout.ts';
import { readName } from '../wire/name.ts';
import type { Query } from '../wire/query.ts';
import type { Ready } from '../answers/ready.ts';

/** Lays out the TXT answer with TTL 0; returns the rcode. */
export function answerChaos(query: Query, nodeName: string | undefined, into: Ready): number {
  const text = textOf(readName(query.key, 0, query.nameLength) ?? '', nodeName);
  if (text === undefined) return RCODE.REFUSED;
  if (query.type !== TYPE.TXT) return RCODE.NOERROR;
  const string = Buffer.from(text).subarray(0, 255);
  const record = new Uint8Array(13 + string.length);
  // The owner is a pointer to the question.
  putU16(record, 0, 0xc00c);
  putU16(record, 2, TYPE.TXT);
  putU16(record, 4, CLASS.CH);
  putU16(record, 10, 1 + string.length);
  record[12] = string.length;
  record.set(string, 13);
  Object.assign(into, {
    bytes: record,
    start: 0,
    length: record.length,
    answers: 1,
    additional: 0,
    stride: 0,
  });
  return RCODE.NOERROR;
}

function textOf(name: string, nodeName: string | undefined): string | undefined {
  switch (name) {
    case 'version.bind':
    case 'version.server':
      return 'Fairlead';
    case 'hostname.bind':
    case 'id.server':
      return nodeName ?? 'Fairlead';
    case 'authors.bind':
      return 'the Fairlead authors';
    default:
      return undefined;
  }
}
