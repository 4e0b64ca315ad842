/** Connections, one after the other, through everything that replaces rules: none may fail. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { mustRun } from '../../src/playground/network/netns.ts';
import { renderRuleset } from '../../src/proxy/iptables/render.ts';
import { cidr, proxySettings } from '../proxy/cluster.ts';
import { endpointRecord, serviceRecord, sliceRecord } from '../support/records.ts';
import { ADDRESSES, makeNode, numberOf, type TestNode } from './iptablesNode.ts';

/** What kube-proxy leaves besides rules like ours: chains of older versions, canaries, a Service that is gone. */
const LEFT_OVER = `*mangle
:KUBE-PROXY-CANARY - [0:0]
COMMIT
*nat
:KUBE-PROXY-CANARY - [0:0]
:KUBE-SVC-GONEGONEGONEGONE - [0:0]
:KUBE-SEP-GONEGONEGONEGONE - [0:0]
:KUBE-XLB-GONEGONEGONEGONE - [0:0]
-A KUBE-SEP-GONEGONEGONEGONE -p tcp -m tcp -j DNAT --to-destination 10.0.9.9:80
-A KUBE-SVC-GONEGONEGONEGONE -j KUBE-SEP-GONEGONEGONEGONE
-A KUBE-XLB-GONEGONEGONEGONE -j KUBE-SVC-GONEGONEGONEGONE
-A KUBE-SERVICES -d 172.30.0.99/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-GONEGONEGONEGONE
COMMIT
`;

test.each(['nft', 'legacy'] as const)('on %s', { timeout: 60_000 }, async (variant) => {
  const node = await makeNode(variant);
  await using _ = node.net;
  const { catalog, exec } = node;
  const settings = proxySettings({ clusterCidrs: [cidr('10.0.0.0/16')], dnsService: '', masqueradeBit: 15 });
  await mustRun(
    exec,
    [`iptables-${variant}-restore`, '--noflush'],
    `${renderRuleset(catalog.picture, settings, 'IPv4', [])}${LEFT_OVER}`,
  );
  await exec.run(['nft', 'add', 'table', 'ip', 'kube-proxy']);
  const loop = new ConnectionLoop(node);
  await loop.more();

  // Another mark is what differs: some chains are kept, some are rewritten.
  const backend = await node.backend();
  await backend.sync(catalog.picture, undefined);
  await loop.more();
  const rules = await mustRun(exec, [`iptables-${variant}-save`, '-t', 'nat']);
  expect(rules.stdout).not.toContain('GONE');
  expect((await exec.run(['nft', 'list', 'tables'])).stdout).not.toContain('kube-proxy');

  const restarted = await node.backend();
  expect(await restarted.sync(catalog.picture, undefined)).toMatchObject({ restores: 0 });
  await loop.more();

  // Across 64 entries of KUBE-SERVICES, where it becomes a tree, and back.
  const crowd = Array.from({ length: 80 }, (_unused, n) => [
    serviceRecord(`crowd/s${n}`, { clusterIPs: [`172.30.1.${n}`] }),
    sliceRecord(`crowd/s${n}-x`, { endpoints: [endpointRecord('10.0.1.2')] }),
  ]).flat();
  for (const record of crowd) catalog.upsert(record);
  await restarted.sync(catalog.picture, catalog.publish());
  expect((await mustRun(exec, [`iptables-${variant}-save`])).stdout).toContain('KUBE-SVC-TREE-');
  await loop.more();
  for (const record of crowd) catalog.remove(record);
  await restarted.sync(catalog.picture, catalog.publish());
  expect((await mustRun(exec, [`iptables-${variant}-save`])).stdout).not.toContain('KUBE-SVC-TREE-');
  await loop.more();

  loop.stop();
  expect(loop.failed).toEqual([]);
});

const URL = `http://${ADDRESSES.IPv4.clusterIP(numberOf('web'))}/`;

/** A pod that makes a new connection as soon as the last one is done. */
class ConnectionLoop {
  readonly #child: ChildProcess;
  #made = 0;
  readonly failed: string[] = [];

  constructor({ net, clients }: TestNode) {
    const script = `while :; do curl -so /dev/null -m 5 ${URL} && echo ok || echo "failed $?"; done`;
    this.#child = net.start(clients.pod, 'sh', '-c', script);
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.trim().split('\n')) {
        this.#made++;
        if (line !== 'ok') this.failed.push(line);
      }
    });
  }

  /** Until ten more were made. */
  async more(): Promise<void> {
    const enough = this.#made + 10;
    while (this.#made < enough && this.#child.stdout !== null) await once(this.#child.stdout, 'data');
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}
