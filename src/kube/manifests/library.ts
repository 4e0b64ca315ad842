/** Every manifest there is, each in its last readable version. */
import { messageOf } from '../../errors/caught.ts';
import type { TurnBudget } from '../stream/turnBudget.ts';
import type { ManifestFile, ManifestFiles } from './files.ts';
import { type Manifest, readManifest } from './manifest.ts';

interface Held {
  readonly stamp: string;
  /** The last readable version; `undefined` when there was none yet. */
  readonly manifest: Manifest | undefined;
  /** Why the present version is not it; empty when it is. */
  readonly error: string;
}

export class Library {
  readonly #files: ManifestFiles;
  readonly #budget: TurnBudget;
  #held: ReadonlyMap<string, Held> = new Map();

  constructor(files: ManifestFiles, budget: TurnBudget) {
    this.#files = files;
    this.#budget = budget;
  }

  get manifests(): readonly Manifest[] {
    return [...this.#held.values()].flatMap(({ manifest }) => manifest ?? []);
  }

  /** What is wrong with files now, one line each. */
  get errors(): readonly string[] {
    return [...this.#held.values()].map(({ error }) => error).filter((error) => error !== '');
  }

  /**
   * Reads what has changed. Returns false when a file was being written: then it is to be read again soon.
   * Rejects, with everything as before, when the path itself cannot be read.
   */
  async refresh(): Promise<boolean> {
    const held = new Map<string, Held>();
    let isSettled = true;
    for (const file of await this.#files.list()) {
      const before = this.#held.get(file.name);
      const after = before?.stamp === file.stamp ? before : await this.#read(file, before);
      if (after === undefined) isSettled = false;
      const kept = after ?? before;
      if (kept !== undefined) held.set(file.name, kept);
    }
    this.#held = held;
    return isSettled;
  }

  async #read(file: ManifestFile, before: Held | undefined): Promise<Held | undefined> {
    try {
      const text = await this.#files.read(file);
      if (text === undefined) return undefined;
      return { stamp: file.stamp, manifest: await readManifest(file.name, text, this.#budget), error: '' };
    } catch (error) {
      const reason = messageOf(error);
      const kept = before?.manifest === undefined ? '' : '; what it said before stays in force';
      return { stamp: file.stamp, manifest: before?.manifest, error: `${file.name}, ${reason}${kept}` };
    }
  }
}
