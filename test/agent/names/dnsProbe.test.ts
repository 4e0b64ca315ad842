import { createSocket } from 'node:dgram';
import { expect, test } from 'vitest';
import { probeDns } from '../../../src/agent/names/dnsProbe.ts';
import { PROBE_CLASS } from '../../../src/dns/wire/codes.ts';
import { putU16 } from '../../../src/dns/wire/layout.ts';
import { askUdp, makeQuery } from '../../dns/support/ask.ts';
import { pictureOf, RECORDS } from '../../dns/support/cluster.ts';
import { forwarding } from '../../dns/support/forwarding.ts';
import { startServer, type TestServer } from '../../dns/support/server.ts';

const ALL = { classes: ['success', 'denial', 'error'], every: 1, domains: [''] } as const;

async function logging(): Promise<TestServer> {
  const server = await startServer(pictureOf(RECORDS));
  await server.dns.configure({ ...forwarding(), queryLog: ALL });
  return server;
}

const logged = ({ log }: TestServer): number =>
  log.lines.filter(({ message }) => message.includes(' - ')).length;

function inProbeClass(name: string, type: 'SOA' | 'A'): Buffer {
  const query = makeQuery(name, type);
  putU16(query, query.length - 2, PROBE_CLASS);
  return query;
}

test('our own question is answered as any other, and neither counted nor logged', async () => {
  await using server = await logging();
  expect(await probeDns(server.address, 'cluster.local')).toBe('');
  expect(server.dns.counters().queries).toBe(0);
  expect(logged(server)).toBe(0);
  await askUdp(server.address, makeQuery('cluster.local', 'SOA'));
  expect(server.dns.counters().queries).toBe(1);
  expect(logged(server)).toBe(1);
});

test.each([
  ['svc1.testns.svc.cluster.local', 'SOA'],
  ['cluster.local', 'A'],
  ['example.com', 'SOA'],
] as const)('%s %s in the same class hides nobody: refused, counted and logged', async (name, type) => {
  await using server = await logging();
  const reply = await askUdp(server.address, inProbeClass(name, type));
  expect(reply.readUInt16BE(2) & 0xf).toBe(5);
  expect(server.dns.counters().queries).toBe(1);
  expect(logged(server)).toBe(1);
});

test('a zone that is not ours is wrong, and so are silence and a closed port', async () => {
  await using server = await logging();
  expect(await probeDns(server.address, 'other.local')).toBe('answered with rcode 5');
  // An address of its own: on the usual one, another test may have the port as soon as it is free.
  const address = '127.50.0.1';
  const silent = createSocket('udp4').bind(0, address);
  await new Promise((resolve) => silent.once('listening', resolve));
  const { port } = silent.address();
  expect(await probeDns({ address, port }, 'cluster.local')).toBe('no answer');
  await new Promise<void>((resolve) => void silent.close(() => resolve()));
  expect(await probeDns({ address, port }, 'cluster.local')).toContain('ECONNREFUSED');
});
