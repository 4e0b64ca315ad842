import { expect, test } from 'vitest';
import { checkClusterCIDR } from '../../../src/agent/routing/nodeRouting.ts';
import { proxySettings } from '../../../src/agent/routing/proxySettings.ts';
import { loadSettings } from '../../../src/config/load.ts';
import type { Family } from '../../../src/net/ip.ts';
import type { DetectLocal } from '../../../src/proxy/settings.ts';

const load = async (flags: Readonly<Record<string, unknown>>) =>
  (await loadSettings(flags, { env: {}, hostname: () => 'n1', readText: async () => '' })).settings;

const V4: readonly Family[] = ['IPv4'];
const BOTH: readonly Family[] = ['IPv4', 'IPv6'];

test.each<readonly [flags: object, families: readonly Family[], wrong: string | undefined]>([
  [{}, V4, undefined],
  [{ 'cluster-cidr': ['10.0.0.0/8'] }, V4, undefined],
  [{ 'cluster-cidr': ['10.0.0.0/8,fd00::/56'] }, V4, undefined],
  [{ 'cluster-cidr': ['fd00::/56'] }, BOTH, undefined],
  [
    { 'cluster-cidr': ['fd00::/56'] },
    V4,
    '--cluster-cidr: fd00::/56 is not IPv4, which is all this machine routes',
  ],
  [{ 'cluster-cidr': ['fd00::/56'], 'detect-local-mode': 'NodeCIDR' }, V4, undefined],
])('%j where %j are routed', async (flags, families, wrong) => {
  const settings = await load({ ...flags });
  const check = (): void => checkClusterCIDR(settings, families);
  if (wrong === undefined) expect(check).not.toThrow();
  else expect(check).toThrow(expect.objectContaining({ name: 'UsageError', message: wrong }));
});

test.each<readonly [object, DetectLocal]>([
  [{}, { mode: 'ClusterCIDR' }],
  [{ 'detect-local-mode': 'NodeCIDR' }, { mode: 'NodeCIDR' }],
  [
    { 'detect-local-mode': 'BridgeInterface', 'pod-bridge-interface': 'cni0' },
    { mode: 'BridgeInterface', bridge: 'cni0' },
  ],
  [
    { 'detect-local-mode': 'InterfaceNamePrefix', 'pod-interface-name-prefix': 'veth' },
    { mode: 'InterfaceNamePrefix', prefix: 'veth' },
  ],
])('%j is %j to routing', async (flags, detectLocal) => {
  expect(proxySettings(await load({ ...flags })).detectLocal).toEqual(detectLocal);
});
