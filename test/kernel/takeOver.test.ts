/** Connections, one after the other, through everything that replaces rules: none may fail, of neither family. */
import { describe, expect, test } from 'vitest';
import { FAMILIES, type Family } from '../../src/net/ip.ts';
import { mustRun } from '../../src/playground/network/netns.ts';
import type { ProxySettings } from '../../src/proxy/settings.ts';
import { cidr, proxySettings } from '../proxy/cluster.ts';
import { kubeProxyShape, kubeProxyStarts, kubeProxyTable } from '../support/kubeProxy.ts';
import { endpointRecord, serviceRecord, sliceRecord } from '../support/records.ts';
import { ConnectionLoops } from './connectionLoop.ts';
import { ADDRESSES, makeNode, numberOf, type TestNode, type Variant } from './iptablesNode.ts';

/** What kube-proxy leaves besides rules like ours: chains of older versions, canaries, a Service that is gone. */
const leftOver = (family: Family): string => `*mangle
:KUBE-PROXY-CANARY - [0:0]
COMMIT
*nat
:KUBE-PROXY-CANARY - [0:0]
:KUBE-SVC-GONEGONEGONEGONE - [0:0]
:KUBE-SEP-GONEGONEGONEGONE - [0:0]
:KUBE-XLB-GONEGONEGONEGONE - [0:0]
-A KUBE-SEP-GONEGONEGONEGONE -p tcp -m tcp -j DNAT --to-destination ${family === 'IPv4' ? '10.0.9.9' : '[fd00:9::9]'}:80
-A KUBE-SVC-GONEGONEGONEGONE -j KUBE-SEP-GONEGONEGONEGONE
-A KUBE-XLB-GONEGONEGONEGONE -j KUBE-SVC-GONEGONEGONEGONE
-A KUBE-SERVICES -d ${ADDRESSES[family].clusterIP(99)} -p tcp -m tcp --dport 80 -j KUBE-SVC-GONEGONEGONEGONE
COMMIT
`;

/**
 * With them KUBE-SERVICES has more than 64 entries, one an address. Few Services have them all: a restore in
 * kube-proxy's shape is one message to the kernel, and the root of a user namespace may not send long ones.
 */
const CROWD = Array.from({ length: 4 }, (_unused, n) => [
  serviceRecord(`crowd/s${n}`, {
    clusterIPs: [`172.30.1.${n}`, `fd00:172:1::${n}`],
    externalIPs: Array.from({ length: 19 }, (_, i) => [
      `198.51.${100 + n}.${100 + i}`,
      `2001:db8:e:${n + 1}::${i}`,
    ]).flat(),
  }),
  sliceRecord(`crowd/s${n}-x`, { endpoints: [endpointRecord('10.0.1.2')] }),
  sliceRecord(`crowd/s${n}-y`, { addressType: 'IPv6', endpoints: [endpointRecord('fd00:10:1::2')] }),
]).flat();

const KUBE_PROXY: ProxySettings = proxySettings({
  clusterCidrs: [cidr('10.0.0.0/16'), cidr('fd00:10::/32')],
  dnsService: '',
});

const programOf = (variant: Variant, family: Family): string =>
  `${family === 'IPv4' ? 'iptables' : 'ip6tables'}-${variant}`;

describe.each(['nft', 'legacy'] as const)('on %s', (variant) => {
  async function saved({ exec }: TestNode): Promise<string> {
    const saves = FAMILIES.map((family) => mustRun(exec, [`${programOf(variant, family)}-save`]));
    return (await Promise.all(saves)).map(({ stdout }) => stdout).join('');
  }

  function connect({ net, clients }: TestNode): ConnectionLoops {
    const n = numberOf('web');
    const hosts = [ADDRESSES.IPv4.clusterIP(n), `[${ADDRESSES.IPv6.clusterIP(n)}]`];
    return new ConnectionLoops(
      net,
      clients.pod,
      hosts.map((host) => `http://${host}/`),
    );
  }

  test.concurrent('from kube-proxy in iptables mode, through a restart, across 64 entries, and back to kube-proxy', async () => {
    const node = await makeNode(variant);
    await using _ = node.net;
    const { catalog, exec } = node;
    for (const family of FAMILIES) {
      // Another mark is what differs: some chains are kept, some are rewritten.
      const rules = kubeProxyShape(catalog.picture, { ...KUBE_PROXY, masqueradeBit: 15 }, family);
      const restore = [`${programOf(variant, family)}-restore`, '--noflush'] as const;
      await mustRun(exec, [...restore], `${rules}${leftOver(family)}`);
    }
    const loops = connect(node);
    await loops.more();

    const backend = await node.backend();
    await backend.sync(catalog.picture, undefined);
    await loops.more();
    expect(await saved(node)).not.toContain('GONE');

    const restarted = await node.backend();
    expect(await restarted.sync(catalog.picture, undefined)).toMatchObject({ restores: 0 });
    await loops.more();

    const cross = async (record: 'upsert' | 'remove'): Promise<void> => {
      for (const one of CROWD) {
        if (record === 'upsert') catalog.upsert(one);
        else catalog.remove(one);
      }
      await restarted.sync(catalog.picture, catalog.publish());
      await loops.more();
    };
    await cross('upsert');
    expect((await saved(node)).match(/^:KUBE-SVC-TREE-/gm)?.length).toBeGreaterThanOrEqual(
      2 * FAMILIES.length,
    );
    await cross('remove');
    expect(await saved(node)).not.toContain('KUBE-SVC-TREE-');
    await cross('upsert');

    // kube-proxy on a node of ours finds its jumps, and ends in what it would have made of an empty node.
    const run = (argv: readonly [string, ...string[]], stdin = ''): ReturnType<typeof exec.run> =>
      exec.run(argv, { stdin });
    for (const family of FAMILIES) {
      const shape = kubeProxyShape(catalog.picture, KUBE_PROXY, family);
      expect(await kubeProxyStarts(run, programOf(variant, family), shape)).toEqual([]);
    }
    await loops.more();
    const left = await saved(node);
    expect(rulesIn(left)).toEqual(await onEmptyNode(node, variant));

    await (await node.backend()).sync(catalog.picture, undefined);
    await loops.more();
    expect(loops.failed).toEqual([]);
  });

  test.concurrent('from kube-proxy in nftables mode', async () => {
    const node = await makeNode(variant);
    await using _ = node.net;
    const { catalog, exec } = node;
    for (const [family, endpoint] of [
      ['IPv4', '10.0.1.2'],
      ['IPv6', 'fd00:10:1::2'],
    ] as const) {
      const service = ADDRESSES[family].clusterIP(numberOf('web'));
      await mustRun(exec, ['nft', '-f', '-'], kubeProxyTable(family, service, endpoint, 8080));
    }
    const loops = connect(node);
    await loops.more();
    await (await node.backend()).sync(catalog.picture, undefined);
    await loops.more();
    expect((await exec.run(['nft', 'list', 'tables'])).stdout).not.toContain('kube-proxy');
    expect(loops.failed).toEqual([]);
  });
});

/** In any order, without counters; chains that nothing jumps to any more do nothing. */
function rulesIn(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => /^(:|-A )/.test(line) && line.includes('KUBE-') && !line.includes('CANARY'))
    .map((line) => line.replace(/ \[\d+:\d+\]$/, ''))
    .filter((line) => !(line.startsWith(':') && !text.includes(`-j ${line.slice(1).split(' ')[0]}\n`)))
    .sort();
}

/** What kube-proxy makes of a node where nobody was before. */
async function onEmptyNode({ net, catalog }: TestNode, variant: Variant): Promise<readonly string[]> {
  const empty = await net.namespace('empty');
  let text = '';
  for (const family of FAMILIES) {
    const program = programOf(variant, family);
    const shape = kubeProxyShape(catalog.picture, KUBE_PROXY, family);
    const made = await empty.run('sh', '-c', `cat <<'E' | ${program}-restore --noflush\n${shape}E`);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    text += (await empty.run(`${program}-save`)).stdout;
  }
  return rulesIn(text);
}
