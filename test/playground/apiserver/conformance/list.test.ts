import { expect, test } from 'vitest';
import { listAt, objectAt, textAt } from '../../../../src/playground/apiserver/objects/json.ts';
import { namesOf, onEveryServer, PORT } from './cluster.ts';

onEveryServer((cluster) => {
  test('pages show one state, whatever happens between them', async () => {
    for (const i of [1, 2, 3, 4, 5]) await cluster.created(`s-${i}`);
    const first = await cluster.call('GET', `${cluster.services()}?limit=2`);
    expect(objectAt(first.body, 'metadata')['remainingItemCount']).toBe(3);
    await cluster.call('DELETE', cluster.services('s-4'));
    await cluster.created('s-3a');
    const second = await cluster.call(
      'GET',
      `${cluster.services()}?limit=2&continue=${textAt(first.body, 'metadata', 'continue')}`,
    );
    const third = await cluster.call(
      'GET',
      `${cluster.services()}?limit=2&continue=${textAt(second.body, 'metadata', 'continue')}`,
    );
    expect([namesOf(first), namesOf(second), namesOf(third)]).toEqual([
      ['s-1', 's-2'],
      ['s-3', 's-4'],
      ['s-5'],
    ]);
    expect(textAt(third.body, 'metadata', 'continue')).toBe('');
    expect(textAt(third.body, 'metadata', 'resourceVersion')).toBe(
      textAt(first.body, 'metadata', 'resourceVersion'),
    );
  });

  test('exactly an old state, or not older than it', async () => {
    const old = textAt(await cluster.created('a'), 'metadata', 'resourceVersion');
    await cluster.created('b');
    expect(
      namesOf(
        await cluster.call('GET', `${cluster.services()}?resourceVersion=${old}&resourceVersionMatch=Exact`),
      ),
    ).toEqual(['a']);
    expect(
      namesOf(
        await cluster.call(
          'GET',
          `${cluster.services()}?resourceVersion=${old}&resourceVersionMatch=NotOlderThan`,
        ),
      ),
    ).toEqual(['a', 'b']);
    expect(
      namesOf(await cluster.call('GET', `${cluster.services()}?resourceVersion=${old}&limit=9`)),
    ).toEqual(['a']);
  });

  test('items have no kind of their own', async () => {
    await cluster.created('a');
    const reply = await cluster.call('GET', cluster.services());
    expect(reply.body).toMatchObject({ kind: 'ServiceList', apiVersion: 'v1' });
    expect(Object.keys(objectAt(listAt(reply.body, 'items')[0])).sort()).toEqual([
      'metadata',
      'spec',
      'status',
    ]);
  });

  test.each([
    ['labelSelector=app', ['a', 'b']],
    ['labelSelector=!app', ['c']],
    ['labelSelector=app=a', ['a']],
    ['labelSelector=app!=a', ['b', 'c']],
    ['labelSelector=app in (a,b),tier', ['b']],
    ['labelSelector=app notin (a)', ['b', 'c']],
    ['fieldSelector=metadata.name=c', ['c']],
    ['fieldSelector=metadata.name!=c,metadata.namespace={ns}', ['a', 'b']],
    ['fieldSelector=spec.clusterIP=None', ['c']],
  ])('%s', async (query, expected) => {
    await cluster.created('a', { ports: PORT }, { labels: { app: 'a' } });
    await cluster.created('b', { ports: PORT }, { labels: { app: 'b', tier: 'x' } });
    await cluster.created('c', { clusterIP: 'None' });
    const [key = '', ...rest] = query.split('=');
    const value = rest.join('=').replace('{ns}', cluster.namespace);
    expect(
      namesOf(await cluster.call('GET', `${cluster.services()}?${key}=${encodeURIComponent(value)}`)),
    ).toEqual(expected);
  });

  test('as a Table, as metadata only', async () => {
    await cluster.created('a');
    const table = await cluster.call('GET', cluster.services(), undefined, {
      Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
    });
    expect(table.body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    const columns = listAt(table.body, 'columnDefinitions').map((column) => textAt(column, 'name'));
    expect(columns.slice(0, 6)).toEqual(['Name', 'Type', 'Cluster-IP', 'External-IP', 'Port(s)', 'Age']);
    const row = objectAt(listAt(table.body, 'rows')[0]);
    expect(row).toMatchObject({ object: { kind: 'PartialObjectMetadata', metadata: { name: 'a' } } });
    const meta = await cluster.call('GET', cluster.services(), undefined, {
      Accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
    });
    expect(meta.body).toMatchObject({
      kind: 'PartialObjectMetadataList',
      items: [{ metadata: { name: 'a' } }],
    });
    expect(Object.keys(objectAt(listAt(meta.body, 'items')[0])).includes('spec')).toBe(false);
  });
});
