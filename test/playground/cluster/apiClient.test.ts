import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ApiServer } from '../../../src/playground/apiserver/apiServer.ts';
import { ApiClient, type WatchEvent } from '../../../src/playground/cluster/apiClient.ts';
import { eventually } from '../../support/eventually.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

async function client() {
  const folder = await mkdtemp(join(tmpdir(), 'client-'));
  const server = new ApiServer();
  await server.listen({ path: join(folder, 'api.sock') });
  onTestFinished(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });
  return { server, api: new ApiClient(join(folder, 'api.sock')) };
}

const configMap = (name: string): object => ({ metadata: { name } });

function nameOf({ object }: WatchEvent): string {
  return (object as { metadata: { name: string } }).metadata.name;
}

test('an error status is the server’s message', async () => {
  const { api } = await client();
  expect((await api.call('GET', `${CONFIG_MAPS}/none`)).status).toBe(404);
  await expect(api.must('GET', `${CONFIG_MAPS}/none`)).rejects.toThrow(
    `GET ${CONFIG_MAPS}/none: configmaps "none" not found`,
  );
});

test('a server that is not there is an error', async () => {
  await expect(new ApiClient('/nowhere/api.sock').call('GET', '/')).rejects.toThrow('ENOENT');
});

test('every method carries its body', async () => {
  const { api, server } = await client();
  await api.must('POST', CONFIG_MAPS, configMap('a'));
  const { uid } = server.get('configmaps', 'default', 'a').metadata;
  const merge = 'application/merge-patch+json';
  await api.must('PATCH', `${CONFIG_MAPS}/a`, { data: { key: 'ä'.repeat(1000) } }, merge);
  expect(server.get('configmaps', 'default', 'a')).toMatchObject({ data: { key: 'ä'.repeat(1000) } });
  const options = (uid: unknown): object => ({
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    preconditions: { uid },
  });
  expect((await api.call('DELETE', `${CONFIG_MAPS}/a`, options('other'))).status).toBe(409);
  await api.must('DELETE', `${CONFIG_MAPS}/a`, options(uid));
});

test.each([
  ['ends', (server: ApiServer) => server.faults.endWatches()],
  ['has expired', (server: ApiServer) => server.faults.expireWatches()],
  ['tells nonsense', (server: ApiServer) => server.faults.garbleWatches()],
])('a watch tells what is there and what changes, and goes on after it %s', async (_, trouble) => {
  const { api, server } = await client();
  await api.must('POST', CONFIG_MAPS, configMap('before'));
  const told: string[] = [];
  const stop = new AbortController();
  const watching = api.watch(CONFIG_MAPS, stop.signal, (event) =>
    told.push(`${event.type} ${nameOf(event)}`),
  );
  await eventually(() => expect(told).toContain('ADDED before'));
  await api.must('POST', CONFIG_MAPS, configMap('after'));
  await eventually(() => expect(told).toContain('ADDED after'));
  await api.must('DELETE', `${CONFIG_MAPS}/before`);
  await eventually(() => expect(told.at(-1)).toBe('DELETED before'));
  trouble(server);
  await api.must('POST', CONFIG_MAPS, configMap('last'));
  await eventually(() => expect(told).toContain('ADDED last'));
  stop.abort();
  await watching;
});

test('a watch that is given up between its list and its stream ends all the same', async () => {
  const { api, server } = await client();
  await api.must('POST', CONFIG_MAPS, configMap('before'));
  const stop = new AbortController();
  const watching = api.watch(CONFIG_MAPS, stop.signal, () => stop.abort());
  await watching;
  await eventually(() => expect(server.faults.openWatches).toBe(0));
});
