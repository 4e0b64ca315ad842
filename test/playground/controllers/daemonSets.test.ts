import { beforeEach, describe, expect, test } from 'vitest';
import { ApiServer } from '../../../src/playground/apiserver/apiServer.ts';
import { type JsonObject, objectAt, textAt } from '../../../src/playground/apiserver/objects/json.ts';
import { DaemonSetController } from '../../../src/playground/controllers/daemonSets.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeLog } from '../../fake/log.ts';

const NODES = ['n1', 'n2', 'n3'];

let clock: FakeClock;
let api: ApiServer;

beforeEach(() => {
  clock = new FakeClock();
  api = new ApiServer({ clock, kubelets: true });
  new DaemonSetController(api, { clock, batchMs: 10, log: new FakeLog() }).start();
  for (const name of NODES) api.create('nodes', { metadata: { name, labels: { os: 'linux' } } });
});

const settle = (): Promise<void> => clock.advance(100);

function daemonSet(spec: JsonObject = {}, podSpec: JsonObject = {}): void {
  const containers = [{ name: 'agent', image: 'fairlead:1', args: ['run'] }];
  api.create('daemonsets', {
    metadata: { name: 'agent' },
    spec: {
      selector: { matchLabels: { app: 'agent' } },
      template: { metadata: { labels: { app: 'agent' } }, spec: { containers, ...podSpec } },
      ...spec,
    },
  });
}

const change = (image: string): void =>
  void api.patch('daemonsets', 'default', 'agent', {
    spec: { template: { spec: { containers: [{ name: 'agent', image }] } } },
  });

/** `n1 fairlead:1`, with `going` for one that ends. */
function pods(): string[] {
  return api
    .list('pods')
    .items.map((pod) => {
      const [container] = objectAt(pod, 'spec')['containers'] as JsonObject[];
      const going = pod.metadata['deletionTimestamp'] === undefined ? '' : ' going';
      return `${textAt(pod, 'spec', 'nodeName')} ${textAt(container, 'image')}${going}`;
    })
    .sort();
}

/** What a kubelet reports of the Pod of a node. */
function report(node: string, ready: boolean): void {
  const pod = api.list('pods').items.find((one) => textAt(one, 'spec', 'nodeName') === node);
  const lastTransitionTime = new Date(clock.now()).toISOString();
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime }];
  const status = { phase: 'Running', conditions };
  api.patch('pods', 'default', pod?.metadata.name ?? '', { status }, { subresource: 'status' });
}

/** The kubelet has ended what was to go. */
function letGo(): void {
  for (const pod of api.list('pods').items)
    if (pod.metadata['deletionTimestamp'] !== undefined)
      api.delete('pods', 'default', pod.metadata.name, { gracePeriodSeconds: 0 });
}

const status = (): JsonObject => objectAt(api.get('daemonsets', 'default', 'agent'), 'status');

test('a Pod on each node, that is the template, bound to its node and owned', async () => {
  daemonSet();
  await settle();
  expect(pods()).toEqual(['n1 fairlead:1', 'n2 fairlead:1', 'n3 fairlead:1']);
  const { uid } = api.get('daemonsets', 'default', 'agent').metadata;
  const [pod] = api.list('pods').items;
  expect(pod).toMatchObject({
    metadata: {
      name: expect.stringMatching(/^agent-\w{5}$/),
      labels: { app: 'agent' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'agent', uid, controller: true }],
    },
    spec: { containers: [{ name: 'agent', args: ['run'] }] },
  });
});

describe('where', () => {
  test('only nodes with the labels of nodeSelector, as they come and go', async () => {
    daemonSet({}, { nodeSelector: { os: 'linux', moved: 'true' } });
    await settle();
    expect(pods()).toEqual([]);
    api.patch('nodes', '', 'n2', { metadata: { labels: { moved: 'true' } } });
    await settle();
    expect(pods()).toEqual(['n2 fairlead:1']);
    api.patch('nodes', '', 'n2', { metadata: { labels: { moved: null } } });
    await settle();
    expect(pods()).toEqual(['n2 fairlead:1 going']);
  });

  test('a node that joins gets one, and a Pod that was deleted comes back once it is gone', async () => {
    daemonSet();
    api.create('nodes', { metadata: { name: 'n4' } });
    await settle();
    expect(pods()).toHaveLength(4);
    const [first] = api.list('pods').items;
    api.delete('pods', 'default', first?.metadata.name ?? '');
    await settle();
    expect(pods().filter((line) => line.startsWith(textAt(first, 'spec', 'nodeName')))).toHaveLength(1);
    letGo();
    await settle();
    expect(pods().filter((line) => line.includes('going'))).toEqual([]);
    expect(pods()).toHaveLength(4);
  });
});

test('the status says what kubectl waits for', async () => {
  daemonSet({ minReadySeconds: 5 });
  await settle();
  expect(status()).toMatchObject({
    observedGeneration: 1,
    desiredNumberScheduled: 3,
    currentNumberScheduled: 3,
    updatedNumberScheduled: 3,
    numberReady: 0,
    numberAvailable: 0,
    numberUnavailable: 3,
  });
  report('n1', true);
  await settle();
  expect(status()).toMatchObject({ numberReady: 1, numberAvailable: 0 });
  await clock.advance(5000);
  expect(status()).toMatchObject({ numberReady: 1, numberAvailable: 1, numberUnavailable: 2 });
});

describe('another template', () => {
  async function rollTo(image: string): Promise<void> {
    await settle();
    for (const node of NODES) report(node, true);
    await settle();
    change(image);
    await settle();
  }

  test('is rolled out one after the other, the next once the last is available', async () => {
    daemonSet({ minReadySeconds: 5, updateStrategy: { rollingUpdate: { maxUnavailable: '10%' } } });
    await settle();
    for (const node of NODES) report(node, true);
    await clock.advance(5000);
    change('fairlead:2');
    await settle();
    for (let renewed = 1; renewed <= 3; renewed++) {
      const going = pods().filter((line) => line.endsWith('going'));
      expect(going).toHaveLength(1);
      letGo();
      await settle();
      // Not yet available: nobody else goes.
      expect(pods().filter((line) => line.endsWith('fairlead:2'))).toHaveLength(renewed);
      expect(status()).toMatchObject({ updatedNumberScheduled: renewed, numberAvailable: 2 });
      report((going[0] ?? '').split(' ')[0] ?? '', true);
      await clock.advance(4000);
      expect(pods().filter((line) => line.endsWith('going'))).toEqual([]);
      await clock.advance(2000);
    }
    expect(pods()).toEqual(['n1 fairlead:2', 'n2 fairlead:2', 'n3 fairlead:2']);
    expect(status()).toMatchObject({ observedGeneration: 2, numberAvailable: 3 });
  });

  test('takes as many at once as may be missed, and those that are of no use anyway', async () => {
    daemonSet({ updateStrategy: { rollingUpdate: { maxUnavailable: 2 } } });
    await rollTo('fairlead:2');
    expect(pods().filter((line) => line.endsWith('going'))).toHaveLength(2);
  });

  test('an old Pod that is not ready goes beside them, and counts as missed', async () => {
    daemonSet();
    await settle();
    for (const node of ['n1', 'n2']) report(node, true);
    await settle();
    change('fairlead:2');
    await settle();
    expect(pods().filter((line) => line.endsWith('going'))).toEqual(['n3 fairlead:1 going']);
  });

  test('waits for people where the strategy is OnDelete', async () => {
    daemonSet({ updateStrategy: { type: 'OnDelete' } });
    await rollTo('fairlead:2');
    expect(pods()).toEqual(['n1 fairlead:1', 'n2 fairlead:1', 'n3 fairlead:1']);
  });
});

test('with the DaemonSet its Pods go', async () => {
  daemonSet();
  await settle();
  api.delete('daemonsets', 'default', 'agent');
  await settle();
  expect(pods().every((line) => line.endsWith('going'))).toBe(true);
  letGo();
  await settle();
  expect(pods()).toEqual([]);
});
