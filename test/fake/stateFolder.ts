/** A disk in memory that forgets, at a crash, what was not made to last; and fails or stops at any step. */
import type { StateFolder } from '../../src/host/stateFolder.ts';

interface Content {
  octets: Buffer;
  /** Of them, how many a power cut leaves for sure. */
  safe: number;
}

export class FakeStateFolder implements StateFolder {
  /** What processes see. */
  #names = new Map<string, Content>();
  /** The folder as it is on disk: names that a power cut leaves. */
  #safeNames = new Map<string, Content>();
  #steps = 0;
  #crashed = false;
  /** Called before each step with its number and name; throws to fail it. */
  before: (step: number, name: string) => void = () => undefined;

  get names(): string[] {
    return [...this.#names.keys()];
  }

  put(name: string, octets: Buffer): void {
    this.#names.set(name, { octets, safe: octets.length });
    this.#safeNames = new Map(this.#names);
  }

  /** From now on the process does nothing any more: each step waits for ever. */
  crash(): void {
    this.#crashed = true;
  }

  /** The disk as the next process finds it, after a SIGKILL. */
  afterKill(): FakeStateFolder {
    const next = new FakeStateFolder();
    for (const [name, { octets }] of this.#names) next.put(name, octets);
    return next;
  }

  /** After a power cut: names as the folder was last synced, of each file at least what was synced, `kept` of the rest. */
  afterPowerCut(kept: (rest: number) => number): FakeStateFolder {
    const next = new FakeStateFolder();
    for (const [name, { octets, safe }] of this.#safeNames) {
      next.put(name, octets.subarray(0, safe + kept(octets.length - safe)));
    }
    return next;
  }

  /** As `afterPowerCut`, where the file system has written the names by itself. */
  afterLatePowerCut(kept: (rest: number) => number): FakeStateFolder {
    this.#safeNames = new Map(this.#names);
    return this.afterPowerCut(kept);
  }

  async create(name: string): ReturnType<StateFolder['create']> {
    await this.#step('create');
    const content: Content = { octets: Buffer.alloc(0), safe: 0 };
    this.#names.set(name, content);
    return {
      write: async (octets) => {
        await this.#step('write');
        content.octets = Buffer.concat([content.octets, octets]);
      },
      sync: async () => {
        await this.#step('sync file');
        content.safe = content.octets.length;
      },
      close: () => this.#step('close'),
    };
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#step('rename');
    const content = this.#names.get(from);
    if (content === undefined) throw new Error(`ENOENT: ${from}`);
    this.#names.delete(from);
    this.#names.set(to, content);
  }

  async sync(): Promise<void> {
    await this.#step('sync folder');
    this.#safeNames = new Map(this.#names);
  }

  async remove(name: string): Promise<void> {
    await this.#step('remove');
    this.#names.delete(name);
  }

  async list(): Promise<readonly string[]> {
    return this.names;
  }

  async read(name: string): Promise<Buffer | undefined> {
    return this.#names.get(name)?.octets;
  }

  async #step(name: string): Promise<void> {
    this.before(this.#steps++, name);
    if (this.#crashed) await new Promise(() => undefined);
  }
}
