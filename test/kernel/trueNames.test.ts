import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { DNS, NODE, service, WEB } from '../support/manifests.ts';
import { TestNet } from '../support/net.ts';
import { makeWorld } from './agentWorld.ts';

const CLIENT = join(import.meta.dirname, '../support/nameClientProgram.ts');
const NAMES = Array.from({ length: 8 }, (_, i) => `new-${i}`);

function sliceOf(name: string): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-1`, namespace: 'shop', labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: '', protocol: 'TCP', port: 8080 }],
    endpoints: [{ addresses: ['10.244.1.2'], conditions: { ready: true } }],
  };
}

describe.each(['nft', 'legacy'])('with iptables-%s', (variant) => {
  test('whoever connects the moment that a new name resolves is connected', async () => {
    await using net = new TestNet();
    const world = await makeWorld(net, variant);
    // A busy machine may be slow with rules: what counts is that names wait for them.
    world.start('--dns-wait-for-rules=60000');
    await world.ready();
    const client = net.start(world.client, process.execPath, CLIENT, 'connect', '10.96.0.10');
    const lines = createInterface(client.stdout)[Symbol.asyncIterator]();
    const told = async (): Promise<unknown> => (await lines.next()).value;
    const objects: object[] = [NODE, ...WEB, ...DNS];
    for (const [i, name] of NAMES.entries()) {
      client.stdin?.write(`${name}.shop.svc.cluster.local\n`);
      expect(await told()).toBe(`absent ${name}.shop.svc.cluster.local`);
      objects.push(service(name, `10.96.1.${i + 1}`, 80), sliceOf(name));
      world.write(...objects);
      expect(await told()).toBe(`${name}.shop.svc.cluster.local connected`);
    }
  });
});
