/** Preflight on a node where kube-proxy's rules are, and after it has left something else. */
import { expect, test } from 'vitest';
import type { Finding } from '../../src/preflight/finding.ts';
import { mustRun } from '../../src/playground/network/netns.ts';
import { kubeProxyShape, kubeProxyTable } from '../support/kubeProxy.ts';
import { cidr, proxySettings } from '../proxy/cluster.ts';
import { FAIRLEAD } from './agentWorld.ts';
import { makeNode, type TestNode, type Variant } from './iptablesNode.ts';

interface Told {
  readonly code: number;
  readonly findings: readonly Finding[];
}

async function preflight({ exec }: TestNode, ...flags: readonly string[]): Promise<Told> {
  const fixed = ['--only', 'node', '-o', 'json', '--node-name', 'n1', '--cluster-cidr', '10.0.0.0/16'];
  const { code, stdout, stderr } = await exec.run([FAIRLEAD, 'preflight', ...fixed, ...flags]);
  expect(stderr).toBe('');
  return { code, findings: (JSON.parse(stdout) as { findings: readonly Finding[] }).findings };
}

async function writeKubeProxy({ exec, catalog }: TestNode, variant: Variant): Promise<void> {
  const settings = proxySettings({ clusterCidrs: [cidr('10.0.0.0/16')], dnsService: '' });
  const rules = kubeProxyShape(catalog.picture, settings, 'IPv4');
  await mustRun(exec, [`iptables-${variant}-restore`, '--noflush'], rules);
}

const of = ({ findings }: Told, check: string): readonly string[] =>
  findings.filter((finding) => finding.check === check).map(({ level, found }) => `${level}: ${found}`);

test('an empty node, then what kube-proxy leaves in each of its modes, and who has our ports', async () => {
  const node = await makeNode('nft');
  await using _ = node.net;
  const { exec, net, clients } = node;
  const before = (await exec.run(['iptables-nft-save'])).stdout;

  const empty = await preflight(node, '--iptables-backend', 'nft');
  expect(empty.code).toBe(0);
  expect(of(empty, 'kernel modules')).toEqual(['ok: every match and target of the rules is there']);
  expect(of(empty, 'kube-proxy')).toEqual(['ok: has left nothing on this node, and does not run on it']);
  expect(of(empty, 'ports')).toEqual(['ok: all that the agent serves on are free']);
  // It only looks.
  expect((await exec.run(['iptables-nft-save'])).stdout).toBe(before);

  await writeKubeProxy(node, 'nft');
  await mustRun(exec, ['nft', '-f', '-'], kubeProxyTable('IPv4', '172.30.0.1', '10.0.1.2', 8080));
  await mustRun(exec, ['ip', 'link', 'add', 'kube-ipvs0', 'type', 'bridge']);
  const server = `require('node:http').createServer((q, s) => s.end('ipvs')).listen(10249, '127.0.0.1')`;
  net.start(clients.node, 'node', '-e', server);
  const dns = `const d = require('node:dgram').createSocket('udp4'); d.bind(53, '0.0.0.0')`;
  net.start(clients.node, 'node', '-e', dns);
  let told = await preflight(node, '--iptables-backend', 'nft');
  while (
    of(told, 'port 53').length === 0 ||
    !told.findings.some(({ found }) => found.includes('in mode ipvs'))
  ) {
    told = await preflight(node, '--iptables-backend', 'nft', '--dns-node-local', '169.254.20.10');
  }
  expect(told.code).toBe(1);
  expect(of(told, 'rules of kube-proxy')).toEqual([
    expect.stringMatching(/^ok: \d\d chains of Services \(nft IPv4\)$/),
    'ok: nftables table ip kube-proxy',
  ]);
  expect(of(told, 'kube-proxy')).toEqual(['blocker: runs on this node in mode ipvs']);
  expect(of(told, 'port 53')).toEqual([
    expect.stringMatching(/^blocker: names on 169\.254\.20\.10: .+ listens on UDP 0\.0\.0\.0:53$/),
  ]);
  expect(of(told, 'port 10249')).toEqual([
    expect.stringMatching(/^blocker: --metrics-bind-address: .+ listens on TCP 127\.0\.0\.1:10249$/),
  ]);
});

test("kube-proxy's rules in the backend that the agent would not use stop it", async () => {
  const node = await makeNode('legacy');
  await using _ = node.net;
  await writeKubeProxy(node, 'legacy');
  const other = await preflight(node, '--iptables-backend', 'nft');
  expect(other.code).toBe(1);
  expect(of(other, 'iptables backend')).toEqual([
    expect.stringMatching(/^blocker: \d\d chains of Services are in legacy, and Fairlead would use nft$/),
  ]);
  // By itself it chooses the backend that holds them.
  const chosen = await preflight(node);
  expect(chosen.code).toBe(0);
  expect(of(chosen, 'iptables')).toEqual([
    expect.stringMatching(
      /^ok: iptables v\S+ \(legacy\), backend legacy \(it holds more rules\), IPv4 and IPv6$/,
    ),
  ]);
});
