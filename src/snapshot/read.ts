/** Reads a snapshot back, or says why it is not taken. */
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { StateFolder } from '../host/stateFolder.ts';
import { share } from '../kube/project/share.ts';
import type { ObjectRecord } from '../kube/records.ts';
import { LineSplitter } from '../kube/stream/lineSplitter.ts';
import { FILE_NAME, MAX_LINE_OCTETS, MAX_OCTETS, opened } from './format.ts';
import { foreign, outdated, readHead, sameBoot, type SnapshotOwner } from './head.ts';
import { amended, journalName, MAX_JOURNAL_OCTETS, readJournal } from './journalFormat.ts';
import { afterReboot } from './reboot.ts';

/** Octets of text that are read in one turn of the event loop: about 1 ms. */
const CHUNK_OCTETS = 64 * 1024;

export interface Recalled {
  /** Milliseconds since the epoch. */
  readonly writtenAt: number;
  /** Else without what a restart of the node has ended. */
  readonly sameBoot: boolean;
  /** In turns of the event loop that are never long. */
  readonly records: AsyncIterable<ObjectRecord>;
}

/**
 * The snapshot, and what changed after it as far as its journal goes; `undefined` when there is none. `now` is
 * milliseconds since the epoch. @throws Error that says why the one that there is cannot be used
 */
export async function readSnapshot(
  folder: Pick<StateFolder, 'read'>,
  owner: SnapshotOwner,
  now: number,
): Promise<Recalled | undefined> {
  const octets = await folder.read(FILE_NAME, MAX_OCTETS);
  if (octets === undefined) return undefined;
  const { head: line, body } = opened(octets);
  const head = readHead(line);
  const reason = foreign(head, owner) || outdated(head, owner, now);
  if (reason !== '') throw new Error(reason);
  const same = sameBoot(head, owner);
  const journal = await folder.read(journalName(head.writtenAt), MAX_JOURNAL_OCTETS);
  const entries = readJournal(journal ?? Buffer.alloc(0));
  return {
    writtenAt: head.writtenAt,
    sameBoot: same,
    records: asTheyHold(amended(unpacked(body), entries), same ? '' : owner.node),
  };
}

/** `restarted` is the node whose pods are gone; empty for none. */
async function* asTheyHold(
  records: AsyncIterable<ObjectRecord>,
  restarted: string,
): AsyncGenerator<ObjectRecord, void, undefined> {
  for await (const record of records) {
    yield shared(restarted === '' ? record : afterReboot(record, restarted));
  }
}

async function* unpacked(body: Buffer): AsyncGenerator<ObjectRecord, void, undefined> {
  // Of a cluster that had nothing: no member at all is no valid gzip either.
  if (body.length === 0) return;
  const lines = new LineSplitter(MAX_LINE_OCTETS);
  const text: AsyncIterable<Buffer> = Readable.from([body]).pipe(createGunzip({ chunkSize: CHUNK_OCTETS }));
  for await (const chunk of text) {
    for (const { bytes } of lines.push(chunk)) {
      const record: unknown = JSON.parse(bytes.toString('utf8'));
      if (!isRecord(record)) throw new Error('it holds something that is no record');
      yield record;
    }
  }
}

/** The checksum says that an agent wrote it, and the version that it had the same records. */
function isRecord(value: unknown): value is ObjectRecord {
  return typeof value === 'object' && value !== null && 'kind' in value && 'name' in value;
}

/** Names that are in thousands of endpoints are kept once. */
function shared(record: ObjectRecord): ObjectRecord {
  if (record.kind !== 'EndpointSlice') return record;
  const endpoints = record.endpoints.map((endpoint) => ({
    ...endpoint,
    nodeName: share(endpoint.nodeName),
    zone: share(endpoint.zone),
  }));
  return { ...record, endpoints };
}
