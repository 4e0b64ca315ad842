/**
 * What has changed since a snapshot, appended as it is published. A snapshot of ten thousand Services costs a tenth of
 * a second of the main thread and a megabyte; one change costs a line. Nothing is made to last beyond the process: a
 * machine that stops takes the rules with it.
 */
import type { ChangeSet, Picture } from '../catalog/picture.ts';
import type { StateFile, StateFolder } from '../host/stateFolder.ts';
import type { ObjectRecord } from '../kube/records.ts';
import { JOURNAL_FIRST_LINE, journalLine, journalName, MAX_JOURNAL_OCTETS } from './journalFormat.ts';
import { recordsOfService, recordsOfNamespace, recordsOfNode } from './records.ts';

/** Octets of text made in one turn of the event loop. */
const PIECE_OCTETS = 64 * 1024;

export interface JournalOptions {
  readonly folder: Pick<StateFolder, 'create'>;
  /** When the snapshot was begun that this goes on from. */
  readonly writtenAt: number;
  /** Nothing more can be appended; told once. */
  readonly onFailed: (error: unknown) => void;
  readonly maxOctets?: number;
}

export class Journal {
  readonly name: string;
  readonly #options: JournalOptions;
  /** What is to be written, by owner, as the picture has it when its turn comes. */
  readonly #waiting = new Map<string, () => readonly ObjectRecord[]>();
  #file: StateFile | undefined;
  #octets = 0;
  #writing: Promise<void> | undefined;
  #ended = false;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.name = journalName(options.writtenAt);
  }

  note(picture: Picture, { services, namespaces, node }: ChangeSet): void {
    if (this.#ended) return;
    for (const key of services) this.#waiting.set(`Service ${key}`, () => recordsOfService(picture, key));
    for (const name of namespaces)
      this.#waiting.set(`Namespace ${name}`, () => recordsOfNamespace(picture, name));
    if (node) this.#waiting.set('Node', () => recordsOfNode(picture));
    if (this.#waiting.size > 0) this.#writing ??= this.#write();
  }

  /** Writes what waits, and nothing afterwards. */
  async close(): Promise<void> {
    await this.#writing;
    this.#ended = true;
    await this.#file?.close().catch(() => undefined);
    this.#file = undefined;
  }

  async #write(): Promise<void> {
    try {
      while (this.#waiting.size > 0) {
        const file = (this.#file ??= await this.#begin());
        const piece = Buffer.from(this.#piece());
        this.#octets += piece.length;
        if (this.#octets > (this.#options.maxOctets ?? MAX_JOURNAL_OCTETS)) return this.#end();
        await file.write(piece);
      }
    } catch (error) {
      // Half a line may be there, and whatever followed it would not be read.
      this.#end();
      this.#options.onFailed(error);
    } finally {
      // In the same turn as the last look at what waits: what is noted next must not be left to nobody.
      this.#writing = undefined;
    }
  }

  async #begin(): Promise<StateFile> {
    const file = await this.#options.folder.create(this.name);
    await file.write(Buffer.from(JOURNAL_FIRST_LINE));
    return file;
  }

  #piece(): string {
    let piece = '';
    for (const [of, records] of this.#waiting) {
      this.#waiting.delete(of);
      piece += journalLine({ of, records: records() });
      if (piece.length >= PIECE_OCTETS) break;
    }
    return piece;
  }

  #end(): void {
    this.#ended = true;
    this.#waiting.clear();
  }
}
