import { expect, test } from 'vitest';
import { machineFiles } from '../../../src/playground/network/machineFiles.ts';
import { podMachines, TOPOLOGY } from '../../../src/playground/network/topology.ts';

const DNS = { server: '10.96.0.10', domain: 'cluster.local' };

test.each(podMachines(TOPOLOGY))('$name asks the cluster’s DNS, as a kubelet writes it', (pod) => {
  const files = machineFiles(pod, TOPOLOGY, DNS);
  expect(files['resolv.conf']).toBe(
    'nameserver 10.96.0.10\nsearch shop.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n',
  );
  expect(files.hosts).toContain(`${pod.ipv4} ${pod.name}\n`);
});

test.each([...TOPOLOGY.nodes, TOPOLOGY.outside])('$name is no pod and does not ask it', (machine) => {
  expect(machineFiles(machine, TOPOLOGY, DNS)['resolv.conf']).toBe('nameserver 192.168.100.1\n');
});
