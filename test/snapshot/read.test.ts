import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { ObjectRecord } from '../../src/kube/records.ts';
import { FILE_NAME, opened } from '../../src/snapshot/format.ts';
import type { SnapshotOwner } from '../../src/snapshot/head.ts';
import { recordsOf } from '../../src/snapshot/records.ts';
import { writeSnapshot } from '../../src/snapshot/write.ts';
import { FakeStateFolder } from '../fake/stateFolder.ts';
import {
  endpointRecord,
  namespaceRecord,
  nodeRecord,
  portRecord,
  serviceRecord,
  sliceRecord,
} from '../support/records.ts';
import { catalogOf, OWNER, recallFrom } from './support.ts';

const SLICE = sliceRecord('shop/web-x', {
  endpoints: [
    endpointRecord('10.0.0.1', { nodeName: 'n1', podName: 'web-1' }),
    endpointRecord('10.0.1.1', { nodeName: 'n2', podName: 'web-2' }),
    endpointRecord('192.0.2.1', { nodeName: 'n1', podName: 'on-the-host' }),
    endpointRecord('192.0.2.77'),
  ],
});
const RECORDS: readonly ObjectRecord[] = [
  nodeRecord('n1', { addresses: ['192.0.2.1'] }),
  namespaceRecord('shop'),
  serviceRecord('shop/web', { clusterIPs: ['10.96.0.1'] }),
  SLICE,
];

async function written(owner: SnapshotOwner = OWNER): Promise<FakeStateFolder> {
  const folder = new FakeStateFolder();
  await writeSnapshot(folder, { head: { ...owner, writtenAt: 7 }, records: RECORDS });
  return folder;
}

test('where there is none, there is none', async () => {
  expect(await recallFrom(new FakeStateFolder())).toBeUndefined();
});

test.each<readonly [string, Partial<SnapshotOwner>, string]>([
  [
    'another API server',
    { cluster: 'https://10.96.0.1:443, CA 02' },
    'it is of https://10.96.0.1:443, CA 01, and this cluster is https://10.96.0.1:443, CA 02',
  ],
  ['another node', { node: 'n2' }, 'it is of Node n1, and this is n2'],
])('of %s it is ignored', async (_, other, reason) => {
  expect(await recallFrom(await written(), { ...OWNER, ...other })).toBe(reason);
});

const WITHOUT_OWN = [
  ...RECORDS.slice(0, -1),
  { ...SLICE, endpoints: SLICE.endpoints.filter(({ nodeName }) => nodeName !== 'n1') },
];

// No pod outlives its node, host network or not; endpoints that name no node, as the API server's own, are kept.
test.each<readonly [string, string, string, readonly ObjectRecord[]]>([
  ['the same boot', 'b1', 'b1', RECORDS],
  ['a new boot', 'b1', 'b2', WITHOUT_OWN],
  ['a boot that is not known', '', '', WITHOUT_OWN],
  ['a boot that was not known', '', 'b1', WITHOUT_OWN],
])('of %s', async (_, then, now, expected) => {
  expect(await recallFrom(await written({ ...OWNER, boot: then }), { ...OWNER, boot: now })).toEqual(
    expected,
  );
});

const DAY = 24 * 3_600_000;

test.each<readonly [string, string, number, boolean]>([
  ['a day, and the node was started anew', 'b2', DAY, true],
  ['more than that', 'b2', DAY + 1, false],
  ['a month of one start', 'b1', 30 * DAY, true],
  // The clock was set back.
  ['less than nothing', 'b2', -DAY, true],
])('of an age of %s it is taken or not', async (_, boot, age, taken) => {
  const found = await recallFrom(await written(), { ...OWNER, boot }, 7 + age);
  expect(found).toEqual(
    taken ? expect.any(Array) : expect.stringMatching(/^it is 24 h old, and the node was started/),
  );
});

/** A snapshot with another inside, and a checksum that fits. */
function sealed(text: string, body: Buffer): FakeStateFolder {
  const octets = Buffer.concat([Buffer.from(text), body]);
  const folder = new FakeStateFolder();
  folder.put(FILE_NAME, Buffer.concat([octets, createHash('sha256').update(octets).digest()]));
  return folder;
}

const HEAD = JSON.stringify({ ...OWNER, writtenAt: 7 });

test.each<readonly [string, string, Buffer, string]>([
  [
    'a version of the past',
    `fairlead snapshot 0\n${HEAD}\n`,
    gzipSync(''),
    'it is of version 0, and this agent reads 1',
  ],
  [
    'a version of the future',
    `fairlead snapshot 2\n`,
    gzipSync(''),
    'it is of version 2, and this agent reads 1',
  ],
  ['something else', 'PK', gzipSync(''), 'it does not begin as a snapshot does'],
  ['no head', 'fairlead snapshot 1\n', Buffer.alloc(0), 'it has no head'],
  ['half a head', 'fairlead snapshot 1\n{"cluster":"c"}\n', gzipSync(''), 'its head is not complete'],
  ['no record', `fairlead snapshot 1\n${HEAD}\n`, gzipSync('7\n'), 'it holds something that is no record'],
])('%s is ignored, with a line', async (_, text, body, line) => {
  expect(await recallFrom(sealed(text, body))).toBe(line);
});

test('records are written as version 1 has them: another shape needs another version', async () => {
  const service = serviceRecord('shop/web', {
    type: 'LoadBalancer',
    clusterIPs: ['10.96.0.1', 'fd00::1'],
    ports: [portRecord({ nodePort: 30_000 })],
    ingress: [{ ip: '198.51.100.1', ipMode: 'VIP' }],
  });
  const { picture } = catalogOf([...RECORDS.slice(0, 2), service, SLICE]);
  const folder = new FakeStateFolder();
  await writeSnapshot(folder, { head: { ...OWNER, writtenAt: 7 }, records: recordsOf(picture) });
  const { head, body } = opened((await folder.read(FILE_NAME)) ?? Buffer.alloc(0));
  const golden = join(import.meta.dirname, '../golden/snapshot.jsonl');
  expect(`${head}\n${gunzipSync(body).toString()}`).toBe(readFileSync(golden, 'utf8'));
});
