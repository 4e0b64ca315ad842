/** Connections with real packets: what the kernel counted is what clients did. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IptablesBackend } from '../../src/proxy/iptables/backend.ts';
import { FakeClock } from '../fake/clock.ts';
import { endpointRecord, sliceRecord } from '../support/records.ts';
import { ADDRESSES, makeNode, nodePortOf, numberOf, type TestNode } from './iptablesNode.ts';

const { IPv4, IPv6 } = ADDRESSES;

describe.each(['nft', 'legacy'] as const)('on %s', (variant) => {
  const clock = new FakeClock();
  let node: TestNode;
  let backend: IptablesBackend;

  beforeAll(async () => {
    node = await makeNode(variant, clock);
    backend = await node.backend();
    await backend.sync(node.catalog.picture, undefined);
  });
  afterAll(async () => {
    await node.net[Symbol.asyncDispose]();
  });

  async function connect(client: 'pod' | 'outside' | 'node', times: number, url: string): Promise<void> {
    const script = `for i in $(seq ${times}); do curl -sgm 5 -o /dev/null ${url}; done`;
    expect(await node.clients[client].run('sh', '-ec', script)).toMatchObject({ code: 0 });
  }

  async function counted(): Promise<Record<string, number>> {
    await clock.advance(3_600_000);
    await backend.connections.refresh();
    return Object.fromEntries(backend.connections.services);
  }

  test('each connection is counted once, by whichever address, family and policy it comes', async () => {
    await connect('pod', 7, `http://${IPv4.clusterIP(numberOf('web'))}/`);
    await connect('outside', 5, `http://${IPv4.node}:${nodePortOf('web')}/`);
    await connect('pod', 3, `http://[${IPv6.clusterIP(numberOf('web'))}]/`);
    await connect('node', 2, `http://${IPv4.clusterIP(numberOf('sticky'))}/`);
    await connect('outside', 4, `http://${IPv4.externalIP(numberOf('local'))}/`);
    expect(await counted()).toEqual({ 'shop/web': 15, 'shop/sticky': 2, 'shop/local': 4 });

    // Rules are written, of this Service too: what was counted stays, and counting goes on.
    const ports = [{ name: 'http', protocol: 'TCP' as const, port: 8080 }];
    const endpoints = [endpointRecord('10.0.1.2'), endpointRecord('10.0.2.2', { nodeName: 'other' })];
    node.catalog.upsert(sliceRecord('shop/web-ipv4', { ports, endpoints: endpoints.slice(0, 1) }));
    node.catalog.upsert(sliceRecord('shop/one-ipv4', { ports, endpoints }));
    await backend.sync(node.catalog.picture, node.catalog.publish());
    await connect('pod', 6, `http://${IPv4.clusterIP(numberOf('web'))}/`);
    expect(await counted()).toEqual({ 'shop/web': 21, 'shop/sticky': 2, 'shop/local': 4 });
  });

  test('packets that connection tracking calls INVALID are counted as they are dropped', async () => {
    const before = backend.connections.invalid;
    // A connection that the kernel has forgotten, where it may not take it up again.
    const forget = 'sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0 && conntrack -F';
    const inNode = `ip netns exec ${node.clients.node.name} sh -c '${forget}'`;
    const address = IPv4.clusterIP(numberOf('web'));
    const script = `exec 3<>/dev/tcp/${address}/80; ${inNode}; echo >&3; sleep 0.3`;
    expect(await node.clients.pod.run('bash', '-c', script)).toMatchObject({ code: 0 });
    await counted();
    expect(backend.connections.invalid).toBeGreaterThan(before);
  });
});
