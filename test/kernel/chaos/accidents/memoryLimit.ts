/** The agent comes to its memory limit, and is killed for it: what it made stays, and serves. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { JsonObject } from '../../../../src/playground/apiserver/objects/json.ts';
import type { Accident } from '../accident.ts';

const ENDPOINTS = 1_000;
const SPARE_OCTETS = 4 << 20;

export const memoryLimit: Accident = {
  name: 'a memory limit',
  modes: ['iptables'],
  async befall(cluster, node) {
    const { kubelet } = node;
    const rules = await cluster.rules(node);
    const [from, { restarts }] = [Date.now(), kubelet];
    kubelet.limitMemory(kubelet.memory + SPARE_OCTETS);
    // Of no Service, so that all of it is the agent's to bear and nothing the kernel's. How many it takes is for V8 to say.
    let slices = 0;
    for (; kubelet.restarts === restarts; slices++) {
      cluster.api.create('endpointslices', slice(slices));
      await sleep(50);
    }
    kubelet.limitMemory(undefined);
    await kubelet.ready();
    cluster.explain({ node, kinds: ['name'], from, to: Date.now() });
    expect(await cluster.rules(node)).toBe(rules);
    for (let n = 0; n < slices; n++) cluster.api.delete('endpointslices', 'shop', `large-${n}`);
  },
};

function slice(n: number): JsonObject {
  return {
    metadata: { name: `large-${n}`, namespace: 'shop', labels: { 'kubernetes.io/service-name': 'nobody' } },
    addressType: 'IPv4',
    ports: [{ name: '', protocol: 'TCP', port: 8080 }],
    endpoints: Array.from({ length: ENDPOINTS }, (_, i) => ({
      addresses: [`10.${250 + (i >> 8)}.${n}.${i & 255}`],
      nodeName: `elsewhere-${i}`,
    })),
  };
}
