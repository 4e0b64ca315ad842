/** A DNS configuration in ConfigMaps, as the API server has them now. */
import { basename, matchesGlob } from 'node:path';
import type { ConfigText, ConfigTexts } from '../../../config/corefile/expand.ts';
import { KUBE_DNS_KEYS } from '../../../config/kubeDns.ts';
import type { ConfigMapRecord, ObjectRef } from '../../../kube/records.ts';
import type { Source, Watcher } from '../../../kube/source.ts';
import { fileTexts } from './fileSource.ts';
import type { ConfigContents, ConfigSource } from './source.ts';

/** The node's own, which no ConfigMap holds. */
const HOSTS_FILE = '/etc/hosts';

/**
 * The first ConfigMap that has a Corefile gives it, and so does the first with each of kube-dns's keys. What a
 * Corefile imports is found by its name among the keys of all: clouds keep their customers' parts in a second one.
 */
export function configMapSource(names: readonly string[], source: Source): ConfigSource {
  const maps = new Map<string, ConfigMapRecord>();
  const synced = Promise.withResolvers<void>();
  let waiting = names.length;
  let changed: () => void = () => undefined;
  const watcher: Watcher = {
    upsert(record) {
      if (record.kind === 'ConfigMap') maps.set(keyOf(record), record);
      changed();
    },
    remove(ref) {
      maps.delete(keyOf(ref));
      changed();
    },
    synced() {
      waiting -= 1;
      if (waiting === 0) synced.resolve();
    },
    // What was last told of it stays in force.
    unreadable: () => undefined,
  };
  source.start(watcher);
  return {
    name: `ConfigMap ${names.join(', ')}`,
    async read() {
      await synced.promise;
      return contentsOf(names.flatMap((name) => maps.get(name) ?? []));
    },
    watch(onChange) {
      changed = onChange;
    },
    stop: () => source.stop(),
  };
}

/** What these ConfigMaps, in this order, say. */
export function contentsOf(maps: readonly ConfigMapRecord[]): ConfigContents {
  const texts = maps.flatMap((map) =>
    [...map.data].map(([key, text]) => ({ key, text: { file: `${keyOf(map)}/${key}`, text } })),
  );
  const first = (wanted: string): ConfigText | undefined => texts.find(({ key }) => key === wanted)?.text;
  const kubeDns = KUBE_DNS_KEYS.flatMap((key) => {
    const text = first(key);
    return text === undefined ? [] : [[key, text] as const];
  });
  return { corefile: first('Corefile'), kubeDns: Object.fromEntries(kubeDns), texts: keysAsTexts(texts) };
}

function keysAsTexts(texts: readonly { readonly key: string; readonly text: ConfigText }[]): ConfigTexts {
  return {
    async find(pattern, from) {
      if (pattern === HOSTS_FILE) return fileTexts('/').find(pattern, from);
      const name = basename(pattern);
      const found = texts.filter(({ key, text }) => matchesGlob(key, name) && text.file !== from);
      return found.map(({ text }) => text).toSorted((a, b) => (a.file < b.file ? -1 : 1));
    },
  };
}

function keyOf({ namespace, name }: Pick<ObjectRef, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}
