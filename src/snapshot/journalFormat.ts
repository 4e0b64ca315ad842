/**
 * What a journal is on disk. It belongs to one snapshot, whose time is in its name, and says what has become of some
 * objects since:
 *
 *     fairlead journal 1\n
 *     1f2e3d4c {"of":"Service shop/web","records":[...]}\n
 *
 * Each line after the first begins with the CRC-32 of what follows the space. A line that does not fit it ends the
 * journal: there the agent, or the machine, was stopped.
 */
import { crc32 } from 'node:zlib';
import type { ObjectRecord } from '../kube/records.ts';
import { ownerOf } from './records.ts';

/** To be raised as that of snapshots. */
export const JOURNAL_FIRST_LINE = 'fairlead journal 1\n';
/** Changes of 30 s, and far more; what is beyond is left to the next snapshot. */
export const MAX_JOURNAL_OCTETS: number = 16 * 1024 * 1024;

/** All records of an owner, as `ownerOf` names it; none when it is gone. */
export interface JournalEntry {
  readonly of: string;
  readonly records: readonly ObjectRecord[];
}

/** `writtenAt` is the snapshot's. */
export function journalName(writtenAt: number): string {
  return `catalog.${writtenAt}.journal`;
}

export function isJournalName(name: string): boolean {
  return /^catalog\.\d+\.journal$/.test(name);
}

export function journalLine(entry: JournalEntry): string {
  const text = JSON.stringify(entry);
  return `${sum(text)} ${text}\n`;
}

/** The last entry of each owner, up to where the journal is torn. */
export function readJournal(octets: Buffer): ReadonlyMap<string, readonly ObjectRecord[]> {
  const entries = new Map<string, readonly ObjectRecord[]>();
  const [first, ...lines] = octets.toString('utf8').split('\n');
  if (`${first}\n` !== JOURNAL_FIRST_LINE) return entries;
  // What follows the last line feed is no line.
  for (const line of lines.slice(0, -1)) {
    const text = line.slice(9);
    if (line.slice(0, 8) !== sum(text)) break;
    const entry: unknown = JSON.parse(text);
    if (isEntry(entry)) entries.set(entry.of, entry.records);
  }
  return entries;
}

/** Records of a snapshot as they are with the journal's entries: those of an owner come together, and last. */
export async function* amended(
  records: AsyncIterable<ObjectRecord>,
  entries: ReadonlyMap<string, readonly ObjectRecord[]>,
): AsyncGenerator<ObjectRecord, void, undefined> {
  for await (const record of records) if (!entries.has(ownerOf(record))) yield record;
  for (const now of entries.values()) yield* now;
}

function sum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

/** The sum says that an agent wrote it, and the first line that it had the same records. */
function isEntry(value: unknown): value is JournalEntry {
  return typeof value === 'object' && value !== null && 'of' in value && 'records' in value;
}
