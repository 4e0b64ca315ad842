import { load } from 'js-yaml';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  type Folder,
  kubeconfig,
  makeFolder,
  readMachines,
  runningFolder,
} from '../../src/playground/folder.ts';

const MACHINES = [{ name: 'node-1', mountNamespace: 'mnt:[1]' }];

async function place(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'folders-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

async function running(within: string): Promise<Folder> {
  const folder = await makeFolder(within);
  await writeFile(folder.machines, JSON.stringify(MACHINES));
  return folder;
}

test('only its owner may look into it', async () => {
  expect((await stat((await makeFolder(await place())).root)).mode & 0o777).toBe(0o700);
});

test('the playground that runs is found beside one that still starts, and one that was killed', async () => {
  const within = await place();
  await makeFolder(within);
  const killed = await running(within);
  // Above the largest pid that Linux gives (PID_MAX_LIMIT).
  await writeFile(join(killed.root, 'pid'), '4194305');
  const wanted = await running(within);
  const found = await runningFolder('', within);
  expect(found.root).toBe(wanted.root);
  expect(await readMachines(found)).toEqual(MACHINES);
});

// A command once went into the cluster of a test that ran at the same time, and its answers made no sense.
test('which of several is meant is asked, not guessed', async () => {
  const within = await place();
  const both = [await running(within), await running(within)];
  await expect(runningFolder('', within)).rejects.toThrow(/--folder/);
  for (const { root } of both) await expect(runningFolder('', within)).rejects.toThrow(root);
});

test('of several, kubectl is set to one', async () => {
  const within = await place();
  await running(within);
  const wanted = await running(within);
  expect((await runningFolder(wanted.kubeconfig, within)).root).toBe(wanted.root);
  await expect(runningFolder('/home/me/.kube/config', within)).rejects.toThrow(/--folder/);
});

test('without any, it is told how to start one', async () => {
  await expect(runningFolder('', await place())).rejects.toThrow('no playground is running');
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
