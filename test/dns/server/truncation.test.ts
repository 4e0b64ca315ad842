import { expect, test } from 'vitest';
import { endpointRecord, namespaceRecord, serviceRecord, sliceRecord } from '../../support/records.ts';
import { askTcp, askUdp, makeQuery } from '../support/ask.ts';
import { pictureOf } from '../support/cluster.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { show } from '../support/show.ts';

/** A headless Service with so many endpoints. */
function big(endpoints: number, listen = '127.0.0.1'): Promise<TestServer> {
  const list = Array.from({ length: endpoints }, (_, i) => endpointRecord(`10.1.${i >> 8}.${i & 0xff}`));
  const records = [
    namespaceRecord('shop'),
    serviceRecord('shop/big', { clusterIPs: ['None'] }),
    sliceRecord('shop/big-a', { endpoints: list }),
  ];
  return startServer(pictureOf(records), { listen });
}

const NAME = 'big.shop.svc.cluster.local';

test.each([
  ['no EDNS', undefined, 512],
  ['a size below 512', 100, 512],
  ['512', 512, 512],
  ['1232', 1232, 1232],
  ['4096', 4096, 4096],
  ['65535, on an address that leaves the node nowhere', 65_535, 4096],
])('A9 a client with %s gets at most what it takes, and as many as fit', async (_, edns, limit) => {
  await using server = await big(1000);
  const query = makeQuery(NAME, 'A', edns === undefined ? {} : { edns });
  const reply = show(await askUdp(server.address, query));
  expect(reply).toMatchObject({ rcode: 'NOERROR', aa: true, tc: true });
  expect(reply.size).toBeLessThanOrEqual(limit);
  // Another one would not have fitted: a compressed A record is 16 octets.
  expect(reply.size).toBeGreaterThan(limit - 16);
  expect(new Set(reply.answers).size).toBe(reply.answers.length);
  expect(reply.opt === undefined).toBe(edns === undefined);
});

test('A9a all of them come by TCP', async () => {
  await using server = await big(1000);
  const reply = show(await askTcp(server.address, makeQuery(NAME, 'A', { edns: 1232 })));
  expect([reply.tc, new Set(reply.answers).size]).toEqual([false, 1000]);
});

test('A9b more than a message can hold: TC on TCP too, and what fits', async () => {
  await using server = await big(5000);
  const reply = show(await askTcp(server.address, makeQuery(NAME, 'A', { edns: 1232 })));
  expect(reply.tc).toBe(true);
  expect(new Set(reply.answers).size).toBeGreaterThan(4000);
});

test('W01 SRV records are cut whole, additional records first, and OPT stays', async () => {
  await using server = await big(40);
  const whole = show(await askTcp(server.address, makeQuery(NAME, 'SRV', { edns: 1232 })));
  const cut = show(await askUdp(server.address, makeQuery(NAME, 'SRV', { edns: 1232 })));
  expect([whole.answers.length, whole.additional.length, whole.tc]).toEqual([40, 40, false]);
  expect(cut.tc).toBe(true);
  expect(cut.opt?.udpPayloadSize).toBe(1232);
  expect(whole.answers.slice(0, cut.answers.length)).toEqual(cut.answers);
  expect(cut.additional).toEqual([]);
});

test('W01a when only additional records do not fit, TC says so', async () => {
  await using server = await big(18);
  const cut = show(await askUdp(server.address, makeQuery(NAME, 'SRV', { edns: 1232 })));
  expect(cut.tc).toBe(true);
  expect(cut.answers.length).toBe(18);
  expect(cut.additional.length).toBeGreaterThan(0);
  expect(cut.additional.length).toBeLessThan(18);
});

test('options that would be echoed do not push an answer out', async () => {
  await using server = await big(1);
  const padding = Buffer.alloc(600);
  const opt = Buffer.concat([Buffer.from([0, 0, 41, 2, 0, 0, 0, 0, 0, 2, 92, 0, 12, 2, 88]), padding]);
  const query = Buffer.concat([makeQuery(NAME, 'A'), opt]);
  query.writeUInt16BE(1, 10);
  const reply = show(await askUdp(server.address, query));
  expect([reply.tc, reply.answers.length, reply.opt?.options?.length]).toEqual([false, 1, 0]);
});

test('W06 addresses come in another order each time, and all of them', async () => {
  await using server = await big(8);
  const orders = new Set<string>();
  for (let i = 0; i < 50; i++) {
    const { answers } = show(await askUdp(server.address, makeQuery(NAME, 'A')));
    expect(new Set(answers).size).toBe(8);
    orders.add(answers.join());
  }
  expect(orders.size).toBeGreaterThan(25);
});

test('W06a a cut answer reaches every endpoint in time', async () => {
  await using server = await big(100);
  const seen = new Set<string>();
  for (let i = 0; i < 100; i++) {
    for (const record of show(await askUdp(server.address, makeQuery(NAME, 'A'))).answers) seen.add(record);
  }
  expect(seen.size).toBe(100);
});
