import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readPicture } from '../../../src/agent/source/readPicture.ts';
import { openSource } from '../../../src/agent/source/sources.ts';
import { loadSettings } from '../../../src/config/load.ts';
import type { Settings } from '../../../src/config/settings.ts';
import { systemClock } from '../../../src/host/clock.ts';
import { FakeLog } from '../../fake/log.ts';
import { NODE, WEB } from '../../support/manifests.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const host = (env: Record<string, string> = {}) => ({ env, clock: systemClock, log: new FakeLog() });

async function settings(flags: Readonly<Record<string, string>>): Promise<Settings> {
  const loaded = await loadSettings(
    { 'node-name': 'n1', ...flags },
    { env: {}, hostname: () => 'n1', readText: () => Promise.reject(new Error('no file')) },
  );
  return loaded.settings;
}

test('without flags, the pod’s own API server', async () => {
  const env = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' };
  const opened = await openSource(await settings({}), host(env));
  expect(opened.name).toBe('API server https://10.96.0.1:443');
  expect(opened.connection).toBeDefined();
  await opened.source.stop();
});

test('outside a cluster it says what to give', async () => {
  await expect(openSource(await settings({}), host())).rejects.toThrow(/--kubeconfig or --manifests/);
});

test('a kubeconfig that is not there is named', async () => {
  const path = join(folder, 'absent');
  await expect(openSource(await settings({ kubeconfig: path }), host())).rejects.toThrow(
    `kubeconfig ${path}: ENOENT`,
  );
});

test('manifests give a picture, and no API server to post Events to', async () => {
  const path = join(folder, 'objects.yaml');
  writeFileSync(path, [NODE, ...WEB].map((one) => JSON.stringify(one)).join('\n---\n'));
  const chosen = await settings({ manifests: path });
  const opened = await openSource(chosen, host());
  expect([opened.name, opened.connection]).toEqual([`manifests ${path}`, undefined]);
  await opened.source.stop();
  const picture = await readPicture(chosen, host(), undefined);
  expect([...(picture?.services.keys() ?? [])]).toEqual(['shop/web']);
  expect(picture?.node?.addresses).toEqual(['10.244.1.1']);
});

test('who waits for a source that never comes may give up', async () => {
  const stopping = new AbortController();
  const path = join(folder, 'absent.yaml');
  const reading = readPicture(await settings({ manifests: path }), host(), stopping.signal);
  stopping.abort();
  expect(await reading).toBeUndefined();
});

test('a source that cannot be read is given up after its time, with the reason', async () => {
  const path = join(folder, 'absent.yaml');
  const chosen = await settings({ manifests: path, 'source-timeout': '50ms' });
  await expect(readPicture(chosen, host(), undefined)).rejects.toThrow(
    `given up after 0.05 s (--source-timeout): ${path}: ENOENT`,
  );
});
