import { expect, test } from 'vitest';
import { ObjectEvents } from '../../../src/agent/reports/objectEvents.ts';
import type { Problem } from '../../../src/kube/problem.ts';
import { ApiError } from '../../../src/kube/transport/apiError.ts';
import type { JsonRequest } from '../../../src/kube/transport/transport.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeLog } from '../../fake/log.ts';

const PROBLEM: Problem = {
  object: { kind: 'Service', namespace: 'shop', name: 'web' },
  field: 'spec.ports[0].port',
  message: '0 is not a port (1-65535)',
};

function events(refuse?: ApiError) {
  const sent: JsonRequest[] = [];
  const clock = new FakeClock();
  const log = new FakeLog();
  const request = async (asked: JsonRequest): Promise<unknown> => {
    if (asked.method === 'GET') return { metadata: { uid: 'u-1' } };
    sent.push(asked);
    if (refuse !== undefined) throw refuse;
    return undefined;
  };
  return { sent, clock, log, made: new ObjectEvents({ transport: { request }, nodeName: 'n1', clock, log }) };
}

test('a problem becomes an Event beside its object', async () => {
  const { made, sent } = events();
  await made.post(PROBLEM);
  expect(sent).toEqual([
    {
      method: 'POST',
      path: '/apis/events.k8s.io/v1/namespaces/shop/events',
      access: { group: 'events.k8s.io', resource: 'events', verbs: ['create'] },
      body: {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: expect.stringMatching(/^web\.[0-9a-f]{16}$/), namespace: 'shop' },
        eventTime: '2026-01-01T00:00:00.000000Z',
        reportingController: 'fairlead.dev/agent',
        reportingInstance: 'n1',
        action: 'Program',
        reason: 'Unusable',
        type: 'Warning',
        regarding: { apiVersion: 'v1', kind: 'Service', name: 'web', namespace: 'shop', uid: 'u-1' },
        note: 'Service shop/web: spec.ports[0].port: 0 is not a port (1-65535)',
      },
    },
  ]);
});

test('every node gives the Event the same name, so that the cluster holds one', async () => {
  const [one, two] = [events(), events(new ApiError('conflict', 'already exists'))];
  await one.made.post(PROBLEM);
  await two.made.post(PROBLEM);
  expect(two.sent[0]?.body).toEqual(one.sent[0]?.body);
  expect(two.log.lines).toEqual([]);
});

test('failures are told once', async () => {
  const { made, sent, log } = events(new ApiError('forbidden', 'events is forbidden'));
  await made.post(PROBLEM);
  await made.post(PROBLEM);
  expect(sent).toHaveLength(2);
  expect(log.messages('warn')).toEqual(['cannot post Events; further failures are not told']);
});

test('a flood is cut to 25, then one in ten seconds', async () => {
  const { made, sent, clock } = events();
  for (let i = 0; i < 100; i++) await made.post(PROBLEM);
  expect(sent).toHaveLength(25);
  await clock.advance(25_000);
  for (let i = 0; i < 100; i++) await made.post(PROBLEM);
  expect(sent).toHaveLength(27);
});

test('kinds that the cluster may not know get no Event', async () => {
  const { made, sent } = events();
  await made.post({ ...PROBLEM, object: { kind: 'Gizmo', namespace: '', name: 'x' } });
  expect(sent).toEqual([]);
});
