/** Writes a snapshot so that a crash at any moment leaves the one before, or this one, whole. */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { StateFile, StateFolder } from '../host/stateFolder.ts';
import type { ObjectRecord } from '../kube/records.ts';
import { FILE_NAME, FIRST_LINE, MAX_OCTETS, UNFINISHED_NAME } from './format.ts';
import type { SnapshotHead } from './head.ts';

const compress = promisify(gzip);
/** Octets of text made in one turn of the event loop: about 1 ms. They are compressed on a thread of the pool. */
const PIECE_OCTETS = 256 * 1024;

export interface Snapshot {
  readonly head: SnapshotHead;
  readonly records: Iterable<ObjectRecord>;
}

/** Gives its length in octets. Rejects when it could not be written, or would be too long to be read. */
export async function writeSnapshot(
  folder: StateFolder,
  snapshot: Snapshot,
  maxOctets: number = MAX_OCTETS,
): Promise<number> {
  try {
    const file = await folder.create(UNFINISHED_NAME);
    let octets: number;
    try {
      octets = await fill(file, snapshot, maxOctets);
      // Before the rename: else it could outlast a power cut that the content does not.
      await file.sync();
    } finally {
      await file.close();
    }
    await folder.rename(UNFINISHED_NAME, FILE_NAME);
    await folder.sync();
    return octets;
  } catch (error) {
    // Where the disk is full, others need the place.
    await folder.remove(UNFINISHED_NAME).catch(() => undefined);
    throw error;
  }
}

async function fill(file: StateFile, { head, records }: Snapshot, maxOctets: number): Promise<number> {
  const sum = createHash('sha256');
  let octets = 0;
  const put = async (piece: Buffer): Promise<void> => {
    octets += piece.length;
    if (octets > maxOctets) throw new Error(`the snapshot would be longer than ${maxOctets} octets`);
    sum.update(piece);
    await file.write(piece);
  };
  await put(Buffer.from(`${FIRST_LINE}${JSON.stringify(head)}\n`));
  for (const piece of pieces(records)) await put(await compress(piece, { level: 1 }));
  const end = sum.digest();
  await file.write(end);
  return octets + end.length;
}

function* pieces(records: Iterable<ObjectRecord>): Generator<string, void, undefined> {
  let piece = '';
  for (const record of records) {
    piece += `${JSON.stringify(record)}\n`;
    if (piece.length < PIECE_OCTETS) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}
