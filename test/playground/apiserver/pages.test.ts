import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ApiServer } from '../../../src/playground/apiserver/apiServer.ts';

const configMap = (name: string): { metadata: { name: string; namespace: string } } => ({
  metadata: { name, namespace: 'default' },
});

function pages(api: ApiServer, limit: number, between: () => void): string[] {
  const names: string[] = [];
  let token: string | undefined;
  do {
    const page = api.list('configmaps', 'default', {
      limit,
      ...(token === undefined ? {} : { continue: token }),
    });
    names.push(...page.items.map((item) => item.metadata.name));
    token = page.continue;
    between();
  } while (token !== undefined);
  return names;
}

test('pages of any size, with writes between them, are the list of the beginning', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { maxLength: 20 }),
      fc.integer({ min: 1, max: 7 }),
      (names, limit) => {
        const api = new ApiServer();
        for (const name of names) api.create('configmaps', configMap(name));
        let extra = 0;
        const found = pages(api, limit, () => api.create('configmaps', configMap(`extra-${extra++}`)));
        expect(found).toEqual(names.toSorted());
      },
    ),
    { numRuns: 30 },
  );
});

test('a token from before a compaction is 410, and its 410 has a token that goes on', () => {
  const api = new ApiServer();
  for (const name of ['a', 'b', 'c']) api.create('configmaps', configMap(name));
  const first = api.list('configmaps', 'default', { limit: 1 });
  api.compact();
  const next = { limit: 5, ...(first.continue === undefined ? {} : { continue: first.continue }) };
  let token = '';
  try {
    api.list('configmaps', 'default', next);
  } catch (error) {
    expect(error).toMatchObject({ code: 410, status: { reason: 'Expired' } });
    token = (error as { status: { metadata: { continue: string } } }).status.metadata.continue;
  }
  const rest = api.list('configmaps', 'default', { continue: token });
  expect(rest.items.map((item) => item.metadata.name)).toEqual(['b', 'c']);
});
