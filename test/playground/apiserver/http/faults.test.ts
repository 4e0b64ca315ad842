import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiServer } from '../../../../src/playground/apiserver/apiServer.ts';
import { objectAt, textAt } from '../../../../src/playground/apiserver/objects/json.ts';
import { FakeClock } from '../../../fake/clock.ts';
import { type Client, collect, lines, open, send } from '../conformance/http.ts';

let clock: FakeClock;
let api: ApiServer;
let client: Client;

beforeEach(async () => {
  clock = new FakeClock();
  api = new ApiServer({ clock });
  // Of its own, so that nobody takes the port while it does not listen.
  await api.listen({ host: '127.51.0.3', port: 0 });
  client = { base: api.url };
});
afterEach(() => api.close());

const NODES = '/api/v1/nodes';
const WATCH = `${NODES}?watch=1&resourceVersion=5`;
const node = (name: string): void => void api.create('nodes', { metadata: { name } });
const told = (event: unknown): string =>
  `${textAt(objectAt(event as never), 'type')} ${textAt(objectAt(event as never), 'object', 'metadata', 'name')}`;
const codeOf = async (path: string): Promise<number> => (await send(client, 'GET', path)).code;

/** Waits for what another task of the same process will do. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

test('errors, as many as asked for, with their Retry-After', async () => {
  api.faults.failNext(2, {
    code: 429,
    reason: 'TooManyRequests',
    message: 'slow down',
    retryAfterSeconds: 3,
  });
  const first = await send(client, 'GET', NODES);
  expect([first.code, first.headers['retry-after'], first.body['message']]).toEqual([429, '3', 'slow down']);
  expect([await codeOf(NODES), await codeOf(NODES)]).toEqual([429, 200]);
});

test('401 without the token, and 403 in words that name the missing rule', async () => {
  api.faults.requireToken('new');
  expect(await codeOf(NODES)).toBe(401);
  client = { ...client, token: 'new' };
  expect(await codeOf(NODES)).toBe(200);
  api.faults.forbid((verb, { resource }) => verb === 'list' && resource.plural === 'nodes');
  const reply = await send(client, 'GET', NODES);
  expect(reply.code).toBe(403);
  expect(reply.body['message']).toBe(
    'nodes is forbidden: User "system:serviceaccount:kube-system:fairlead" cannot list resource "nodes" in API group "" at the cluster scope',
  );
  expect(await codeOf('/api/v1/services')).toBe(200);
  api.faults.forbid(undefined);
  expect(await codeOf(NODES)).toBe(200);
});

test('answers come later', async () => {
  api.faults.delay(5000);
  let code = 0;
  const reply = codeOf(NODES).then((got) => (code = got));
  await until(() => clock.pending().length > 0);
  expect(code).toBe(0);
  await clock.advance(5000);
  await reply;
  expect(code).toBe(200);
});

test('connections are cut and refused, and the port is the same afterwards', async () => {
  const stream = lines(client, WATCH);
  node('a');
  await stream.next();
  await api.refuseConnections();
  await expect(stream.next()).rejects.toThrow();
  await expect(codeOf(NODES)).rejects.toThrow('ECONNREFUSED');
  await api.acceptConnections();
  expect(await codeOf(NODES)).toBe(200);
  expect(api.url).toBe(client.base);
});

describe('watches', () => {
  test('stall, and go on with what was missed', async () => {
    const stream = lines(client, WATCH);
    node('a');
    expect(told((await stream.next()).value)).toBe('ADDED a');
    api.faults.stallWatches();
    node('b');
    const silent = lines(client, `${NODES}?watch=1`).next();
    let answered = false;
    void silent.then(() => (answered = true));
    await until(() => api.faults.openWatches === 2);
    expect(answered).toBe(false);
    api.faults.resumeWatches();
    expect(told((await stream.next()).value)).toBe('ADDED b');
    expect(told((await silent).value)).toBe('ADDED a');
  });

  test('are reset, in the middle of an event if wished', async () => {
    const response = await open(client, 'GET', WATCH);
    api.faults.resetWatches('{"type":"ADD');
    await expect(collect(response)).rejects.toThrow();
    await until(() => api.faults.openWatches === 0);
  });

  test('end as on a shutdown', async () => {
    const heard = collect(lines(client, WATCH));
    await until(() => api.faults.openWatches === 1);
    api.faults.endWatches();
    expect(await heard).toEqual([]);
  });

  test('expire with an ERROR event', async () => {
    const heard = collect(lines(client, WATCH));
    await until(() => api.faults.openWatches === 1);
    api.faults.expireWatches();
    expect(await heard).toMatchObject([
      { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } },
    ]);
  });

  test('from a forgotten version expire as an event, or as an answer', async () => {
    api.compact();
    expect(await collect(lines(client, WATCH))).toMatchObject([{ type: 'ERROR', object: { code: 410 } }]);
    api.faults.expiredAsStatus(true);
    const reply = await send(client, 'GET', WATCH);
    expect([reply.code, reply.body['reason']]).toEqual([410, 'Expired']);
  });

  test('get bytes that are no event', async () => {
    const stream = lines(client, WATCH);
    const next = stream.next();
    await until(() => api.faults.openWatches === 1);
    api.faults.garbleWatches('nonsense\n');
    await expect(next).rejects.toThrow('nonsense');
  });

  test('tell everything twice', async () => {
    api.faults.duplicateEvents(true);
    const stream = lines(client, WATCH);
    node('a');
    expect([told((await stream.next()).value), told((await stream.next()).value)]).toEqual([
      'ADDED a',
      'ADDED a',
    ]);
    await stream.return();
  });

  test('cannot begin with the state where the server has no streaming lists', async () => {
    api.faults.withoutWatchList(true);
    const reply = await send(
      client,
      'GET',
      `${NODES}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`,
    );
    expect(reply.code).toBe(422);
    expect(reply.body['message']).toContain(
      'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
    );
  });
});

test('requests are remembered', async () => {
  await codeOf(`${NODES}?limit=5`);
  const [seen] = api.requests;
  expect([seen?.method, seen?.path, seen?.query.get('limit')]).toEqual(['GET', NODES, '5']);
});
