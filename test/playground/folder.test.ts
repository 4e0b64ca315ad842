import { load } from 'js-yaml';
import { stat, rm, writeFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { folderAt, kubeconfig, makeFolder, newestFolder, readMachines } from '../../src/playground/folder.ts';

async function folder() {
  const made = await makeFolder();
  onTestFinished(() => rm(made.root, { recursive: true }));
  return made;
}

test('only its owner may look into it', async () => {
  expect((await stat((await folder()).root)).mode & 0o777).toBe(0o700);
});

test('the newest playground whose machines run is found', async () => {
  const running = await folder();
  await folder();
  const machines = [{ name: 'node-1', mountNamespace: 'mnt:[1]' }];
  await writeFile(running.machines, JSON.stringify(machines));
  // Others may be running on this computer: at least none that is still starting is found.
  const found = await newestFolder();
  expect(await readMachines(found)).not.toEqual([]);
  expect(await readMachines(folderAt(running.root))).toEqual(machines);
});

test('a kubeconfig names one server, and the namespace of the shop', () => {
  expect(load(kubeconfig('http://127.0.0.1:6443'))).toMatchObject({
    'current-context': 'playground',
    clusters: [{ name: 'playground', cluster: { server: 'http://127.0.0.1:6443' } }],
    contexts: [
      { name: 'playground', context: { cluster: 'playground', user: 'playground', namespace: 'shop' } },
    ],
    users: [{ name: 'playground' }],
  });
});
