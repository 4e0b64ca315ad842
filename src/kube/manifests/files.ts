/** The folder or file that holds the manifests, as the file system shows it. */
import { statSync, watch } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface ManifestFile {
  /** In its folder. */
  readonly name: string;
  readonly path: string;
  /** Differs whenever the file's content may. */
  readonly stamp: string;
}

export interface ManifestFiles {
  /** Rejects when the path cannot be read: then nothing is known, rather than that there is nothing. */
  list(): Promise<readonly ManifestFile[]>;
  /** The text; `undefined` when the file changed meanwhile, because half of it might be there. */
  read(file: ManifestFile): Promise<string | undefined>;
  /**
   * Calls `onChange` at any sign of a change, and `onLost` when there will be no more signs.
   * @throws Error when the path cannot be watched
   */
  watch(onChange: () => void, onLost: () => void): { close(): void };
}

const MANIFEST = /\.(ya?ml|json)$/i;

/**
 * `path` is a file, or a folder of `*.yaml`, `*.yml` and `*.json`; folders in it are not looked into. Names that
 * begin with a dot are left out: editors keep their copies there, and the kubelet its versions of a ConfigMap.
 */
export function manifestFiles(path: string): ManifestFiles {
  return {
    async list() {
      if (!(await stat(path)).isDirectory())
        return [{ name: basename(path), path, stamp: await stampOf(path) }];
      const names = (await readdir(path)).filter((name) => MANIFEST.test(name) && !name.startsWith('.'));
      const files = await Promise.all(names.map((name) => inspect(path, name)));
      return files.filter((file) => file !== undefined);
    },

    async read(file) {
      const text = await readFile(file.path, 'utf8');
      return (await stampOf(file.path)) === file.stamp ? text : undefined;
    },

    watch(onChange, onLost) {
      // Never the file itself: one that is replaced by renaming is another file, and its watch falls silent.
      const folder = statSync(path).isDirectory() ? path : dirname(path);
      const watcher = watch(folder, { persistent: false }, onChange);
      watcher.on('error', onLost);
      return { close: () => watcher.close() };
    },
  };
}

/** Follows links, as ConfigMap volumes are made of them; a link to nothing is no file. */
async function inspect(folder: string, name: string): Promise<ManifestFile | undefined> {
  const path = join(folder, name);
  try {
    return (await stat(path)).isFile() ? { name, path, stamp: await stampOf(path) } : undefined;
  } catch {
    return undefined;
  }
}

/** The change time is in it because a file can be given back its old modification time. */
async function stampOf(path: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}
