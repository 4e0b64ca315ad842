/** A DNS configuration in a file or a folder, such as a ConfigMap that is mounted. */
import { glob, readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { ConfigText, ConfigTexts } from '../../../config/corefile/expand.ts';
import { KUBE_DNS_KEYS } from '../../../config/kubeDns.ts';
import { codeOf } from '../../../errors/caught.ts';
import type { Clock } from '../../../host/clock.ts';
import { type PathWatch, watchPath } from '../../config/pathWatch.ts';
import type { ConfigContents, ConfigSource } from './source.ts';

/** CoreDNS's own folder: what a Corefile names there lies beside the Corefile, wherever that is mounted here. */
const COREDNS_FOLDER = '/etc/coredns/';
/** `Corefile.base` is the node-local cache's. */
const COREFILES = ['Corefile', 'Corefile.base'];
const PATTERN = /[*?[]/;

/**
 * `path` is a Corefile, or a folder that holds `Corefile`, `stubDomains` and `upstreamNameservers`, any of them.
 */
export function fileSource(path: string, clock: Clock): ConfigSource {
  let watch: PathWatch | undefined;
  return {
    name: path,
    async read() {
      const isFolder = (await stat(path)).isDirectory();
      return isFolder
        ? readFolder(path)
        : contents({ file: path, text: await readFile(path, 'utf8') }, [], path);
    },
    watch(onChange) {
      watch = watchPath(path, clock, onChange);
    },
    stop() {
      watch?.stop();
      return Promise.resolve();
    },
  };
}

async function readFolder(folder: string): Promise<ConfigContents> {
  const names = await readdir(folder);
  const name = COREFILES.find((candidate) => names.includes(candidate));
  const corefile = name === undefined ? undefined : await textOf(join(folder, name));
  const keys = KUBE_DNS_KEYS.filter((key) => names.includes(key));
  const texts = await Promise.all(keys.map(async (key) => [key, await textOf(join(folder, key))] as const));
  return contents(corefile, texts, join(folder, name ?? ''));
}

function contents(
  corefile: ConfigText | undefined,
  keys: readonly (readonly [string, ConfigText | undefined])[],
  main: string,
): ConfigContents {
  const kubeDns = Object.fromEntries(keys.filter(([, text]) => text !== undefined));
  return { corefile, kubeDns, texts: fileTexts(dirname(main)) };
}

/** Files that a Corefile in `folder` names. */
export function fileTexts(folder: string): ConfigTexts {
  return {
    async find(pattern, from) {
      const base = isAbsolute(from) ? dirname(from) : folder;
      const found = await matching(isAbsolute(pattern) ? pattern : join(base, pattern));
      if (found.length > 0 || !pattern.startsWith(COREDNS_FOLDER)) return found;
      return matching(join(folder, pattern.slice(COREDNS_FOLDER.length)));
    },
  };
}

async function matching(path: string): Promise<ConfigText[]> {
  const paths: string[] = [];
  if (!PATTERN.test(path)) paths.push(path);
  else for await (const found of glob(path)) if (isVisible(found)) paths.push(found);
  const texts = await Promise.all(paths.toSorted().map(textOf));
  return texts.filter((text) => text !== undefined);
}

/** In the volume of a ConfigMap, names with a dot in front hold its versions. */
function isVisible(path: string): boolean {
  return !basename(path).startsWith('.');
}

/** `undefined`: there is no such file, or it is a folder. */
async function textOf(path: string): Promise<ConfigText | undefined> {
  try {
    return { file: path, text: await readFile(path, 'utf8') };
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
