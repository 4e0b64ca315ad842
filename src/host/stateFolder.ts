/** A folder of small files that outlive the process, one step at a time: what a crash leaves depends on their order. */
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../errors/caught.ts';

/** Every failure is an Error as node:fs makes it: its message names the path. */
export interface StateFolder {
  /** An empty file for writing, whatever was there; makes the folder. Only its owner can read it. */
  create(name: string): Promise<StateFile>;
  /** At no moment is there no file of the new name, or half of one. */
  rename(from: string, to: string): Promise<void>;
  /** Makes renames outlast a power cut. */
  sync(): Promise<void>;
  /** Nothing to remove is no failure. */
  remove(name: string): Promise<void>;
  /** Names of all files; none where there is no folder. */
  list(): Promise<readonly string[]>;
  /** `undefined` when there is none. Rejects when it is longer than `maxOctets`. */
  read(name: string, maxOctets: number): Promise<Buffer | undefined>;
}

export interface StateFile {
  /** After what was written before. */
  write(octets: Buffer): Promise<void>;
  /** Resolves when a power cut would not lose what was written. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export function stateFolder(path: string): StateFolder {
  return {
    async create(name) {
      await mkdir(path, { recursive: true, mode: 0o700 });
      const handle = await open(join(path, name), 'w', 0o600);
      return {
        // Goes on where the last write ended, and writes again what the kernel did not take at once.
        write: (octets) => handle.writeFile(octets),
        sync: () => handle.sync(),
        close: () => handle.close(),
      };
    },
    rename: (from, to) => rename(join(path, from), join(path, to)),
    async sync() {
      await using handle = await open(path, 'r');
      await handle.sync();
    },
    remove: (name) => rm(join(path, name), { force: true }),
    list: () => readdir(path).catch(noneOf<string>),
    async read(name, maxOctets) {
      const file = join(path, name);
      try {
        const { size } = await stat(file);
        if (size > maxOctets)
          throw new Error(`${file} has ${size} octets, more than the ${maxOctets} that are read`);
        return await readFile(file);
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return undefined;
        throw error;
      }
    },
  };
}

function noneOf<T>(error: unknown): T[] {
  if (codeOf(error) === 'ENOENT') return [];
  throw error;
}
