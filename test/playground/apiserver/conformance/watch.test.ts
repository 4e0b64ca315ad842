import { expect, test } from 'vitest';
import { type JsonObject, objectAt, textAt } from '../../../../src/playground/apiserver/objects/json.ts';
import { onEveryServer, PORT } from './cluster.ts';
import { collect, lines } from './http.ts';

onEveryServer((cluster) => {
  const told = (event: JsonObject): string =>
    `${textAt(event, 'type')} ${textAt(event, 'object', 'metadata', 'name')}`;

  test('from a version, with selector transitions', async () => {
    const start = textAt(await cluster.created('a'), 'metadata', 'resourceVersion');
    await cluster.created('b', { ports: PORT }, { labels: { app: 'x' } });
    await cluster.merge('a', { metadata: { labels: { app: 'x' } } });
    await cluster.merge('b', { metadata: { labels: { app: 'y' } } });
    const heard = await collect(
      lines(
        cluster.client,
        `${cluster.services()}?watch=1&resourceVersion=${start}&labelSelector=app%3Dx&timeoutSeconds=1`,
      ),
    );
    expect(heard.map(told)).toEqual(['ADDED b', 'ADDED a', 'DELETED b']);
    expect(textAt(heard[2], 'object', 'metadata', 'labels', 'app')).toBe('x');
  });

  test('a streaming list', async () => {
    await cluster.created('a');
    const stream = lines(
      cluster.client,
      `${cluster.services()}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    );
    expect(told((await stream.next()).value ?? {})).toBe('ADDED a');
    const bookmark = objectAt((await stream.next()).value ?? {});
    expect(textAt(bookmark, 'type')).toBe('BOOKMARK');
    expect(textAt(bookmark, 'object', 'metadata', 'annotations', 'k8s.io/initial-events-end')).toBe('true');
    const version = textAt(await cluster.created('b'), 'metadata', 'resourceVersion');
    const next = objectAt((await stream.next()).value ?? {});
    expect(told(next)).toBe('ADDED b');
    expect(textAt(next, 'object', 'metadata', 'resourceVersion')).toBe(version);
    await stream.return();
  });

  test('a deletion carries a version of its own', async () => {
    const stream = lines(cluster.client, `${cluster.services()}?watch=1`);
    await cluster.created('a');
    const added = objectAt((await stream.next()).value ?? {});
    await cluster.call('DELETE', cluster.services('a'));
    const deleted = objectAt((await stream.next()).value ?? {});
    expect([told(added), told(deleted)]).toEqual(['ADDED a', 'DELETED a']);
    const version = (event: JsonObject): number =>
      Number(textAt(event, 'object', 'metadata', 'resourceVersion'));
    expect(version(deleted)).toBeGreaterThan(version(added));
    await stream.return();
  });
});
