/** A whole agent on a node of one family: the programs of the other do not work there, nor does anything use it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TestNet } from '../support/net.ts';
import { FAIRLEAD, makeWorld, until } from './agentWorld.ts';

const FAMILIES = {
  IPv4: {
    node: '10.244.1.1',
    web: '10.96.0.20',
    dns: '10.96.0.10',
    endpoint: '10.244.1.2',
    record: 'A',
    cidr: '10.244.0.0/16',
    other: 'ip6tables',
  },
  IPv6: {
    node: 'fd00:244:1::1',
    web: 'fd00:96::20',
    dns: 'fd00:96::a',
    endpoint: 'fd00:244:1::2',
    record: 'AAAA',
    cidr: 'fd00:244::/32',
    other: 'iptables',
  },
} as const;

function service(namespace: string, name: string, ip: string, ports: readonly object[]): object {
  const spec = { type: 'ClusterIP', clusterIP: ip, clusterIPs: [ip], ports };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec };
}

test.concurrent.each(['IPv4', 'IPv6'] as const)('%s', async (family) => {
  const { node, web, dns, endpoint, record, cidr, other } = FAMILIES[family];
  await using net = new TestNet();
  const world = await makeWorld(net, 'nft');
  world.write(
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n1' },
      status: { addresses: [{ type: 'InternalIP', address: node }] },
    },
    ...['shop', 'kube-system'].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    service('shop', 'web', web, [{ protocol: 'TCP', port: 80, targetPort: 8080 }]),
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'web-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: family,
      ports: [{ name: '', protocol: 'TCP', port: 8080 }],
      endpoints: [{ addresses: [endpoint], conditions: { ready: true } }],
    },
    service('kube-system', 'kube-dns', dns, [
      { name: 'dns', protocol: 'UDP', port: 53, targetPort: 10_053 },
      { name: 'dns-tcp', protocol: 'TCP', port: 53, targetPort: 10_053 },
    ]),
  );

  const programs = join(world.folder, 'programs');
  mkdirSync(programs);
  for (const program of ['', '-save', '-restore'].map((suffix) => `${other}-nft${suffix}`)) {
    const script = `#!/bin/sh\ncase $1 in --version) echo 'iptables v1.8.9 (nf_tables)';; *) exit 3;; esac\n`;
    writeFileSync(join(programs, program), script, { mode: 0o755 });
  }
  const flags = world.manifests.map((flag) =>
    flag.startsWith('--cluster-cidr') ? `--cluster-cidr=${cidr}` : flag,
  );
  const path = `PATH=${programs}:${process.env['PATH'] ?? ''}`;
  net.start(
    world.node,
    'env',
    path,
    'sh',
    '-c',
    'exec "$@" 2>>"$0"',
    world.logFile,
    FAIRLEAD,
    'run',
    ...flags,
  );
  await until(() => world.isReady());

  const host = family === 'IPv6' ? `[${web}]` : web;
  const { stdout } = await world.client.run('curl', '-sSgm', '5', `http://${host}/`);
  // Told for a pod, it is not masqueraded.
  expect(stdout).toMatch(family === 'IPv6' ? /asked by \[?fd00:244:2::2\]?:/ : /asked by 10\.244\.2\.2:/);
  const asked = await world.client.run(
    'dig',
    '+short',
    '+time=5',
    `@${dns}`,
    'web.shop.svc.cluster.local',
    record,
  );
  expect(asked.stdout.trim()).toBe(web);
  const status = await world.fairlead('status', '-o', 'json');
  expect(JSON.parse(status.stdout)).toMatchObject({
    ready: true,
    proxy: { families: [family], error: '' },
    dns: { claimed: [dns], lease: 'held' },
  });
  expect(world.complaints()).toEqual([]);
});
