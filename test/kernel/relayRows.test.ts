/** What a relay must bear besides the conformance list, through a Service and real rules: both families. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { join } from 'node:path';
import type { RowReply, RowRequest } from '../support/rowProgram.ts';
import { NODE } from '../support/manifests.ts';
import { TestNet } from '../support/net.ts';
import { makeWorld } from './agentWorld.ts';
import { LineAnswers } from './lineAnswers.ts';
import { peerService, startPeer } from './peers.ts';

const net = new TestNet();
let client: LineAnswers<RowRequest, RowReply> | undefined;

/** Nobody is at the last one; at the second, the node refuses; the first is the peer. */
const [PEER, REFUSING, BLACK_HOLE] = [
  ['10.244.1.2', 'fd00:244:1::2'],
  ['10.244.1.1', 'fd00:244:1::1'],
  ['10.99.0.1', 'fd00:99::1'],
] as const;

/** By the last part of their clusterIPs. */
const SERVICES = {
  plain: { ip: 30, endpoints: [PEER] },
  refusing: { ip: 31, endpoints: [REFUSING, PEER] },
  'black-holed': { ip: 32, endpoints: [BLACK_HOLE, PEER] },
  dead: { ip: 33, endpoints: [REFUSING] },
} as const;

beforeAll(async () => {
  const world = await makeWorld(net, 'nft');
  const services = Object.entries(SERVICES).flatMap(([name, { ip, endpoints }]) =>
    peerService(
      name,
      [`10.96.0.${ip}`, `fd00:96::${ip}`],
      [endpoints.map(([v4]) => v4), endpoints.map(([, v6]) => v6)],
    ),
  );
  world.write(NODE, ...services);
  await startPeer(net, world.web);
  // The pod forwards nothing, and says nothing of it.
  await net.ip(
    world.node,
    'route add 10.99.0.0/24 via 10.244.1.2',
    'route add fd00:99::/64 via fd00:244:1::2',
  );
  world.start('--mode=userspace', '--dns=off', '--cluster-cidr=fd00:244::/32');
  const program = join(import.meta.dirname, '../support/rowProgram.ts');
  client = new LineAnswers(net.start(world.client, process.execPath, program));
  await world.ready();
});
afterAll(() => net[Symbol.asyncDispose]());

const ROWS: readonly (readonly [row: RowRequest['row'], to: keyof typeof SERVICES, met: string])[] = [
  ['echo', 'plain', 'all came back'],
  ['echo', 'refusing', 'all came back'],
  ['echo', 'black-holed', 'all came back'],
  ['echo', 'dead', 'ECONNRESET'],
  ['half-close', 'plain', 'all came back'],
  ['slow-reader', 'plain', '8388608 octets'],
  ['slow-writer', 'plain', '50 pieces'],
  ['reset-by-endpoint', 'plain', 'before the reset, then ECONNRESET'],
  ['reset-by-client', 'plain', 'the endpoint saw ECONNRESET'],
  ['thousand', 'plain', '1000 came back'],
  ['datagrams', 'plain', '1, 512, 1472, 9000 and 65000 octets came back'],
  ['datagrams', 'refusing', '1, 512, 1472, 9000 and 65000 octets came back'],
];

describe.each(['10.96.0.', 'fd00:96::'])('at %s', (prefix) => {
  test.each(ROWS)('%s to %s: %s', async (row, to, met) => {
    const reply = await client?.ask({ row, host: `${prefix}${SERVICES[to].ip}` });
    expect(reply?.met).toBe(met);
  });
});
