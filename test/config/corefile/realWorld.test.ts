import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { KUBE_DNS_KEYS, readKubeDns } from '../../../src/config/kubeDns.ts';
import { GROUND, read } from './read.ts';
import { tell } from './tell.ts';

// Corefiles as kubeadm, clouds and distributions install them, one that has a bit of everything, one full of
// mistakes; and beside each, in golden files, what is made of it.
const FIXTURES = join(import.meta.dirname, 'fixtures');
const GOLDEN = join(import.meta.dirname, '../../golden/corefile');

/** Files below a folder, by their path in it; k3s names some by the path that its pods have them under. */
function filesOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true });
  const files: Record<string, string> = {};
  for (const entry of names.filter((candidate) => candidate.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1);
    files[name] = readFileSync(path, 'utf8');
    files[`/etc/coredns/${name}`] = files[name];
  }
  return files;
}

test.each(readdirSync(FIXTURES))('%s', async (name) => {
  const files = filesOf(join(FIXTURES, name));
  const keys = KUBE_DNS_KEYS.flatMap((key) => {
    const text = files[key];
    return text === undefined ? [] : [[key, { file: key, text }]];
  });
  const kubeDns = readKubeDns(Object.fromEntries(keys), GROUND);
  const ground = { ...GROUND, configuration: kubeDns.configuration };
  const found = await read(files['Corefile'] ?? '', files, { CLUSTER_DOMAIN: 'cluster.local' }, ground);
  await expect(tell(found)).toMatchFileSnapshot(join(GOLDEN, `${name}.txt`));
});
