/** A whole explanation, as it is printed. */
import { expect, test } from 'vitest';
import { here, POD, service, slice } from '../../proxy/cluster.ts';
import { endpointRecord, namespaceRecord, nodeRecord, portRecord } from '../../support/records.ts';
import { explained } from '../explained.ts';

const shop = namespaceRecord('shop');
const web = service('shop/web', '10.96.0.20', {
  type: 'NodePort',
  ports: [portRecord({ name: 'p80', nodePort: 30080 })],
  affinitySeconds: 60,
});
const endpoints = [
  here('10.0.1.1', { podName: 'web-a' }),
  endpointRecord('10.0.1.2', { nodeName: 'n2', podName: 'web-b' }),
  endpointRecord('10.0.1.3', { nodeName: 'n2', podName: 'web-c', ready: false }),
];

test('of a Service that works', async () => {
  const client = slice('shop/client', [here('10.0.1.9')]);
  const { text } = await explained({
    records: [shop, web, slice('shop/web', endpoints), service('shop/client', '10.96.0.30'), client],
    asked: 'shop/web',
    machine: {
      connections(_family, _protocol, see) {
        const flow = { destination: '10.96.0.20', destinationPort: 80, replySourcePort: 80 };
        for (const replySource of ['10.0.1.1', '10.0.1.1', '10.0.1.2']) see({ ...flow, replySource });
        return Promise.resolve();
      },
    },
  });
  await expect(text).toMatchFileSnapshot('../../golden/explain/works.txt');
});

test('of one whose endpoints fail, from a pod that affinity holds', async () => {
  const { text } = await explained({
    records: [shop, web, slice('shop/web', endpoints)],
    asked: '10.96.0.20:80',
    from: POD,
    reach: { '10.0.1.1:80': 'refused', '10.0.1.2:80': 'timeout', '10.96.0.20:80': 'refused' },
    machine: { remembered: () => Promise.resolve(new Set([POD])) },
  });
  await expect(text).toMatchFileSnapshot('../../golden/explain/fails.txt');
});

test('of one in userspace mode, whose rules somebody changed', async () => {
  const figures = {
    name: 'shop/web:p80',
    protocol: 'TCP',
    open: 2,
    accepted: 40,
    retries: 3,
    failed: 1,
    refused: 0,
    bytesIn: 0,
    bytesOut: 0,
    suspended: ['10.0.1.2:80'],
    dials: { buckets: [], counts: [], sum: 0, count: 0 },
    endpoints: [],
  } as never;
  const { text } = await explained({
    records: [shop, nodeRecord('here', { addresses: ['192.168.0.2'] }), web, slice('shop/web', endpoints)],
    asked: 'shop/web',
    routing: {
      mode: () => 'userspace',
      relay: () => '169.254.20.11:40000',
      figures: () => [figures],
      wanted: (family) =>
        family === 'IPv4'
          ? { chains: [{ table: 'nat', name: 'KUBE-SVC-GONE', rules: [] }], hooks: [] }
          : undefined,
    },
  });
  const lines = text.split('\n').map((line) => line.replaceAll(/ {2,}/g, '  '));
  expect(lines).toEqual(
    expect.arrayContaining([
      'shop/web works: 2 of 2 endpoints answer; but',
      '- somebody changed its rules: IPv4: nat has no chain KUBE-SVC-GONE',
      'seen from  node here, mode userspace',
      'rules  nf_tables, 1 difference to what they should be',
      'relayed  by the agent at 169.254.20.11:40000: 2 open, 40 accepted, 3 retried, 1 failed, 0 refused; tried last: 10.0.1.2:80',
    ]),
  );
});

test('of one that is not there', async () => {
  const { text } = await explained({
    records: [shop, service('other/web', '10.96.0.20')],
    asked: 'shop/web',
  });
  await expect(text).toMatchFileSnapshot('../../golden/explain/missing.txt');
});
