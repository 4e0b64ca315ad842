/** The taint that keeps pods away until a node's Services and names work, on a real API server and on none. */
import { expect, onTestFinished, test } from 'vitest';
import { StartupTaint } from '../../../src/agent/reports/startupTaint.ts';
import { ApiError } from '../../../src/kube/transport/apiError.ts';
import { HttpTransport } from '../../../src/kube/transport/httpTransport.ts';
import type { JsonRequest, Transport } from '../../../src/kube/transport/transport.ts';
import { ApiServer } from '../../../src/playground/apiserver/apiServer.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeLog } from '../../fake/log.ts';

const KEY = 'example.com/not-yet';
type Taint = Readonly<Record<'key' | 'effect', string>>;

const OURS: Taint = { key: KEY, effect: 'NoExecute' };
const OTHER: Taint = { key: 'node.kubernetes.io/disk-pressure', effect: 'NoSchedule' };

function setUp(transport: Pick<Transport, 'request'>) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const taint = new StartupTaint({
    transport,
    server: () => 'https://10.0.0.1',
    nodeName: 'n1',
    key: KEY,
    clock,
    log,
    random: () => 0.5,
  });
  return { clock, log, taint };
}

/** An API server with the Node, over HTTP. */
async function withServer(taints: readonly Taint[] | undefined) {
  const api = new ApiServer();
  onTestFinished(() => api.close());
  await api.listen({ host: '127.0.0.1', port: 0 });
  api.create('nodes', {
    metadata: { name: 'n1' },
    spec: taints === undefined ? {} : { taints: [...taints] },
  });
  const connection = {
    server: api.url,
    credentials: () => Promise.resolve({ headers: {}, tls: {} }),
    refused: () => undefined,
  };
  const transport = new HttpTransport({ connection, clock: new FakeClock() });
  onTestFinished(() => transport.close());
  const left = (): unknown => api.get('nodes', '', 'n1')['spec'];
  return { api, transport, left };
}

test.each<readonly [string, readonly Taint[] | undefined, object, number]>([
  ['alone', [OURS], { taints: [] }, 1],
  ['among others', [OTHER, OURS], { taints: [OTHER] }, 1],
  ['with every effect', [OURS, { ...OURS, effect: 'NoSchedule' }, OTHER], { taints: [OTHER] }, 1],
  ['not there', [OTHER], { taints: [OTHER] }, 0],
  ['not there, and no other', undefined, {}, 0],
])('%s', async (_, before, after, told) => {
  const { api, transport, left } = await withServer(before);
  const { taint, log, clock } = setUp(transport);
  await taint.remove();
  expect(left()).toEqual(after);
  expect(log.messages()).toEqual(Array(told).fill('Node n1: taint removed, as Services and names work'));
  expect(api.requests.filter(({ method }) => method === 'PATCH')).toHaveLength(told);
  expect(clock.pending()).toEqual([]);
});

test('a taint that comes between reading and writing is not lost', async () => {
  const { api, transport, left } = await withServer([OURS]);
  let asked = 0;
  const { taint, log, clock } = setUp({
    request: (request: JsonRequest) => {
      asked += 1;
      if (asked === 2) api.patch('nodes', '', 'n1', { spec: { taints: [OURS, OTHER] } }, { type: 'merge' });
      return transport.request(request);
    },
  });
  await taint.remove();
  expect(left()).toEqual({ taints: [OURS, OTHER] });
  expect(clock.pending()).toEqual([400]);
  await taint.remove();
  expect(left()).toEqual({ taints: [OTHER] });
  expect(log.messages()).toEqual(['Node n1: taint removed, as Services and names work']);
});

test('without the permission it says once which rule is missing, and goes on trying', async () => {
  let tries = 0;
  const refused = new ApiError('forbidden', 'nodes "n1" is forbidden', {
    status: 403,
    user: 'system:serviceaccount:kube-system:fairlead',
  });
  const { taint, log, clock } = setUp({
    request: () => {
      tries += 1;
      return Promise.reject(refused);
    },
  });
  await taint.remove();
  await clock.advance(600_000);
  expect(tries).toBeGreaterThan(10);
  expect(log.messages()).toEqual([
    'Node n1 keeps its taint: ServiceAccount kube-system/fairlead may not get or patch nodes (403): its ClusterRole needs apiGroups [""], resources ["nodes"], verbs ["get", "patch"]; trying again',
  ]);
  taint.stop();
  const before = tries;
  await clock.advance(600_000);
  expect(tries).toBe(before);
});
