import { beforeEach, expect, test } from 'vitest';
import { ApiServer } from '../../../src/playground/apiserver/apiServer.ts';
import { type JsonObject, textAt } from '../../../src/playground/apiserver/objects/json.ts';
import type { WatchEvent } from '../../../src/playground/apiserver/registry/watch.ts';
import { FakeClock } from '../../fake/clock.ts';

let clock: FakeClock;
let api: ApiServer;

beforeEach(() => {
  clock = new FakeClock();
  api = new ApiServer({ clock, historySize: 4 });
});

const lease = (name: string, labels: JsonObject = {}): JsonObject => ({
  metadata: { name, labels },
  spec: {},
});

/** What a watcher hears, as `TYPE name`. */
function hear(options: Parameters<ApiServer['watch']>[2] = {}): string[] {
  const heard: string[] = [];
  const told = ({ type, object }: WatchEvent): string => {
    if (type === 'ERROR') return `ERROR ${String(object.code)}`;
    if (type === 'BOOKMARK') return `BOOKMARK ${textAt(object, 'metadata', 'resourceVersion')}`;
    return `${type} ${object.metadata.name}`;
  };
  api.watch('leases', { event: (event) => heard.push(told(event)), end: () => heard.push('END') }, options);
  return heard;
}

test.each<[string, Parameters<ApiServer['watch']>[2], string[]]>([
  ['without a version: the state, then changes', {}, ['ADDED a', 'ADDED b', 'MODIFIED a']],
  ['from version 0: the same', { resourceVersion: '0' }, ['ADDED a', 'ADDED b', 'MODIFIED a']],
  ['from a version: only what came after it', { resourceVersion: '6' }, ['ADDED b', 'MODIFIED a']],
  ['from the future: nothing until then', { resourceVersion: '99' }, []],
  ['a label selector', { labelSelector: 'app=b' }, ['ADDED b']],
  ['a name', { fieldSelector: 'metadata.name=a' }, ['ADDED a', 'MODIFIED a']],
  ['another namespace', { namespace: 'kube-system' }, []],
])('a watch %s', (_title, options, expected) => {
  api.create('leases', lease('a', { app: 'a' }));
  api.create('leases', lease('b', { app: 'b' }));
  const heard = hear(options);
  api.patch('leases', 'default', 'a', { spec: { holderIdentity: 'me' } });
  expect(heard).toEqual(expected);
});

test('an object that a change moves into or out of the selection is added or deleted', () => {
  const heard = hear({ labelSelector: 'app=web' });
  const seen: WatchEvent[] = [];
  api.watch(
    'leases',
    { event: (event) => seen.push(event), end: () => undefined },
    { labelSelector: 'app=web' },
  );
  api.create('leases', lease('a'));
  api.patch('leases', 'default', 'a', { metadata: { labels: { app: 'web' } } });
  api.patch('leases', 'default', 'a', { metadata: { labels: { app: 'db' } } });
  expect(heard).toEqual(['ADDED a', 'DELETED a']);
  // The state that the watcher last saw, with the version of the change that took it away.
  expect(seen[1]?.object['metadata']).toMatchObject({
    labels: { app: 'web' },
    resourceVersion: api.resourceVersion,
  });
});

test('a streaming list begins with the state and a bookmark that ends it', () => {
  api.create('leases', lease('a'));
  const seen: WatchEvent[] = [];
  const options = {
    sendInitialEvents: true,
    resourceVersionMatch: 'NotOlderThan',
    allowWatchBookmarks: true,
  };
  api.watch('leases', { event: (event) => seen.push(event), end: () => undefined }, options);
  api.create('leases', lease('b'));
  expect(seen.map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK', 'ADDED']);
  expect(seen[1]?.object['metadata']).toMatchObject({
    resourceVersion: '6',
    annotations: { 'k8s.io/initial-events-end': 'true' },
  });
});

test('bookmarks carry the newest version of the server, and one comes before the end', async () => {
  const heard = hear({ allowWatchBookmarks: true, timeoutSeconds: 150 });
  api.create('configmaps', { metadata: { name: 'elsewhere' } });
  await clock.advance(120_000);
  expect(heard).toEqual(['BOOKMARK 6', 'BOOKMARK 6']);
  await clock.advance(30_000);
  expect(heard).toEqual(['BOOKMARK 6', 'BOOKMARK 6', 'BOOKMARK 6', 'END']);
  expect(clock.pending()).toEqual([]);
});

test.each<[string, (version: string) => void]>([
  ['compaction', () => api.compact()],
  ['more changes than history keeps', () => range(9).forEach((i) => api.create('leases', lease(`new-${i}`)))],
])('a version from before %s is 410', (_title, forget) => {
  const version = api.create('leases', lease('a')).metadata.resourceVersion;
  expect(hear({ resourceVersion: version })).toEqual([]);
  forget(version);
  expect(hear({ resourceVersion: version })).toEqual(['ERROR 410', 'END']);
  expect(hear({ resourceVersion: api.resourceVersion })).toEqual([]);
});

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
