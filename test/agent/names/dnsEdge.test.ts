import { expect, test } from 'vitest';
import { DnsEdge } from '../../../src/agent/names/dnsEdge.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeLog } from '../../fake/log.ts';

const LISTEN = [{ address: '192.0.2.1', port: 10_053 }];

function setUp() {
  const told: string[] = [];
  const unbindable = new Set<string>();
  const unclaimable = new Set<string>();
  const local = ['127.0.0.1', '192.0.2.1', '::1'];
  const clock = new FakeClock();
  const log = new FakeLog();
  const edge = new DnsEdge({
    dns: {
      listen: async ({ address }) => {
        if (unbindable.has(address)) throw new Error(`bind EADDRNOTAVAIL ${address}:10053`);
        told.push(`listen ${address}`);
      },
      unlisten: async ({ address }) => void told.push(`unlisten ${address}`),
    },
    node: {
      claim: async (addresses) => {
        told.push(`claim ${addresses.join()}`);
        return addresses.filter((address) => !unclaimable.has(address));
      },
      release: async () => void told.push('release'),
      rest: async () => void told.push('rest'),
      leave: async () => void told.push('leave'),
    },
    localAddresses: async () => local,
    clock,
    log,
  });
  return { local, edge, told, unbindable, unclaimable, clock, log };
}

test('an address that is not there yet is tried until it is, and told once', async () => {
  const { edge, told, unbindable, clock, log } = setUp();
  unbindable.add('192.0.2.1');
  await edge.want({ listen: LISTEN, own: [] });
  await clock.advance(10_000);
  expect(edge.failures).toEqual(['192.0.2.1:10053: bind EADDRNOTAVAIL 192.0.2.1:10053']);
  expect(log.messages('warn')).toEqual(['dns: cannot answer there yet; trying on']);
  unbindable.clear();
  await clock.advance(30_000);
  expect(told).toEqual(['claim ', 'listen 192.0.2.1']);
  expect([edge.failures, clock.pending()]).toEqual([[], []]);
});

test('one address that fails keeps no other from being served', async () => {
  const { edge, told, unbindable } = setUp();
  unbindable.add('192.0.2.1');
  await edge.want({ listen: [...LISTEN, { address: '192.0.2.2', port: 53 }], own: ['10.96.0.10'] });
  expect(told).toEqual(['listen 192.0.2.2', 'claim 10.96.0.10']);
});

test('a clusterIP that could not be claimed is claimed again, ever more rarely', async () => {
  const { edge, told, unclaimable, clock } = setUp();
  unclaimable.add('10.96.0.10');
  await edge.want({ listen: [], own: ['10.96.0.10'] });
  await clock.advance(60_000);
  const tries = told.length;
  expect(tries).toBeLessThan(12);
  expect(edge.claimed).toEqual([]);
  unclaimable.clear();
  await clock.advance(30_000);
  expect(edge.claimed).toEqual(['10.96.0.10']);
  expect(told).toHaveLength(tries + 1);
});

test('what a killed agent left is given up even when nothing is wanted', async () => {
  const { edge, told } = setUp();
  await edge.want({ listen: [], own: [] });
  expect(told).toEqual(['claim ']);
});

test('wants that come faster than they are met end in the last', async () => {
  const { edge, told } = setUp();
  const wants = ['10.96.0.1', '10.96.0.2', '10.96.0.3'].map((address) =>
    edge.want({ listen: [], own: [address] }),
  );
  await Promise.all(wants);
  expect(told.at(-1)).toBe('claim 10.96.0.3');
  expect(edge.claimed).toEqual(['10.96.0.3']);
});

test('release leaves sockets open, whatever was still to be done', async () => {
  const { edge, told } = setUp();
  await edge.want({ listen: LISTEN, own: ['10.96.0.10'] });
  void edge.want({ listen: [], own: [] });
  await edge.release();
  expect(told).toEqual(['listen 192.0.2.1', 'claim 10.96.0.10', 'release']);
});

test('release ends the trying', async () => {
  const { edge, told, unbindable, clock } = setUp();
  unbindable.add('192.0.2.1');
  await edge.want({ listen: LISTEN, own: [] });
  await edge.release();
  expect(told.at(-1)).toBe('release');
  expect(clock.pending()).toEqual([]);
});

test('a wildcard is each address of the node, those that come later included', async () => {
  const { edge, told, local, clock } = setUp();
  await edge.want({ listen: [{ address: '0.0.0.0', port: 10_053 }], own: [] });
  expect(told.splice(0)).toEqual(['listen 127.0.0.1', 'listen 192.0.2.1', 'claim ']);
  local.splice(1, 1, '192.0.2.2');
  await clock.advance(10_000);
  expect(told.splice(0)).toEqual(['unlisten 192.0.2.1', 'listen 192.0.2.2']);
  await edge.release();
  expect(clock.pending()).toEqual([]);
});
