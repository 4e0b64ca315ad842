/** Keeps a snapshot of the picture on disk, beside the work that matters. */
import type { ChangeSet, Picture } from '../catalog/picture.ts';
import { messageOf } from '../errors/caught.ts';
import type { Clock, Timer } from '../host/clock.ts';
import type { StateFolder } from '../host/stateFolder.ts';
import type { Log } from '../telemetry/log.ts';
import type { SnapshotOwner } from './head.ts';
import { Journal } from './journal.ts';
import { forgetJournals } from './forget.ts';
import { recordsOf } from './records.ts';
import { writeSnapshot } from './write.ts';

/** A rollout changes much at once. */
const GATHER_MS = 1_000;
/** In a large cluster something changes all the time, and disks of nodes wear. */
const INTERVAL_MS = 30_000;
/** Far less than the age up to which one is of use. */
const REFRESH_MS = 3_600_000;

export interface SnapshotKeeperOptions {
  readonly folder: StateFolder;
  /** May reject while it is not known whose the catalog is. */
  readonly owner: () => Promise<SnapshotOwner>;
  /** Whether the picture is that of now: the API server can be read. */
  readonly isCurrent: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

export interface KeeperState {
  /** Milliseconds since the epoch when the last one was begun; 0 before. */
  readonly writtenAt: number;
  /** Of the last one: its length, and how long it took. */
  readonly octets: number;
  readonly milliseconds: number;
  readonly written: number;
  readonly failed: number;
  /** Why the last attempt failed; empty when it did not. */
  readonly error: string;
}

export class SnapshotKeeper {
  readonly #options: SnapshotKeeperOptions;
  readonly #state: { -readonly [K in keyof KeeperState]: KeeperState[K] } = {
    writtenAt: 0,
    octets: 0,
    milliseconds: 0,
    written: 0,
    failed: 0,
    error: '',
  };
  /** With changes that are not on disk. */
  #picture: Picture | undefined;
  /** Goes on from the snapshot on disk, once this agent has written one. */
  #journal: Journal | undefined;
  /** Of the one that is being written. */
  #nextJournal: Journal | undefined;
  #attemptedAt = -INTERVAL_MS;
  #timer: Timer | undefined;
  #fresh: Timer | undefined;
  #writing: Promise<void> | undefined;
  #stopped = false;

  constructor(options: SnapshotKeeperOptions) {
    this.#options = options;
  }

  get state(): KeeperState {
    return this.#state;
  }

  /** For each publication. Only what the source has told whole is kept. */
  published(picture: Picture, changes: ChangeSet): void {
    const differs =
      changes.synced || changes.node || changes.services.size > 0 || changes.namespaces.size > 0;
    if (!picture.synced || !differs) return;
    this.#picture = picture;
    this.#journal?.note(picture, changes);
    this.#nextJournal?.note(picture, changes);
    this.#schedule();
  }

  /** Writes what is not on disk yet. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#fresh?.cancel();
    await this.#writing;
    if (this.#picture !== undefined && this.#state.error === '') await this.#write(this.#picture);
    await this.#journal?.close();
  }

  #schedule(): void {
    if (this.#stopped || this.#timer !== undefined || this.#writing !== undefined) return;
    const { clock } = this.#options;
    const wait = Math.max(GATHER_MS, this.#attemptedAt + INTERVAL_MS - clock.monotonic());
    this.#timer = clock.after(wait, () => {
      this.#timer = undefined;
      if (this.#picture === undefined) return;
      this.#writing = this.#write(this.#picture).finally(() => {
        this.#writing = undefined;
        if (this.#picture !== undefined) this.#schedule();
      });
    });
  }

  async #write(picture: Picture): Promise<void> {
    const { folder, owner, clock, log } = this.#options;
    const began = clock.monotonic();
    const writtenAt = clock.now();
    this.#attemptedAt = began;
    // What is published from here on may be in it or not: so it is in both journals.
    this.#picture = undefined;
    const journal = new Journal({ folder, writtenAt, onFailed: (error) => this.#failed(picture, error) });
    this.#nextJournal = journal;
    const state = this.#state;
    try {
      const head = { ...(await owner()), writtenAt };
      state.octets = await writeSnapshot(folder, { head, records: recordsOf(picture) });
      state.milliseconds = clock.monotonic() - began;
      state.writtenAt = writtenAt;
      state.written += 1;
      if (state.error !== '') log.info({ octets: state.octets }, 'the snapshot is written again');
      state.error = '';
      this.#keepFresh(picture);
      await this.#goOnWith(journal);
    } catch (error) {
      this.#nextJournal = undefined;
      await journal.close();
      await folder.remove(journal.name).catch(() => undefined);
      this.#failed(picture, error);
    }
  }

  async #goOnWith(journal: Journal): Promise<void> {
    const before = this.#journal;
    this.#journal = journal;
    this.#nextJournal = undefined;
    await before?.close();
    // What is left over is in nobody's way: no snapshot leads to it.
    await forgetJournals(this.#options.folder, journal.name).catch(() => undefined);
  }

  /** Where nothing changes, its time has to say nevertheless until when it held. */
  #keepFresh(picture: Picture): void {
    const { clock, isCurrent } = this.#options;
    this.#fresh?.cancel();
    if (this.#stopped) return;
    this.#fresh = clock.after(REFRESH_MS, () => {
      if (!isCurrent()) {
        this.#keepFresh(picture);
        return;
      }
      this.#picture ??= picture;
      this.#schedule();
    });
  }

  #failed(picture: Picture, error: unknown): void {
    const state = this.#state;
    this.#picture ??= picture;
    state.failed += 1;
    const message = messageOf(error);
    const news = state.error !== message;
    state.error = message;
    if (!news) return;
    this.#options.log.warn(
      { error: message },
      'no snapshot can be kept: a restart while the API server is away would not know the cluster',
    );
  }
}
