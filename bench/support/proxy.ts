/** What measurements of routing share: settings, and the real backend. */
import { type Clock, systemClock } from '../../src/host/clock.ts';
import type { Exec } from '../../src/host/exec.ts';
import { systemSysctl } from '../../src/host/sysctl.ts';
import type { RuleWatch } from '../../src/netfilter/ruleWatch.ts';
import { createIptablesBackend, type IptablesBackend } from '../../src/proxy/iptables/backend.ts';
import type { ProxySettings } from '../../src/proxy/settings.ts';
import { FakeLog } from '../../test/fake/log.ts';

const VARIANTS = ['nft', 'legacy'] as const;
export type Variant = (typeof VARIANTS)[number];

/** One family, so that figures of one restore are those of one. */
export function proxySettings(variant: Variant): ProxySettings {
  return {
    nodeName: 'node-0',
    detectLocal: { mode: 'ClusterCIDR' },
    clusterCidrs: [],
    masqueradeAll: false,
    masqueradeBit: 14,
    nodePortAddresses: [],
    localhostNodePorts: false,
    dnsService: 'kube-system/kube-dns',
    iptablesBackend: variant,
    families: ['IPv4'],
  };
}

/** `[nft|legacy] [SERVICES]` of the command line. */
export function readArguments(): { readonly variants: readonly Variant[]; readonly services: number } {
  const words = process.argv.slice(2);
  const named = VARIANTS.filter((variant) => words.includes(variant));
  return {
    variants: named.length > 0 ? named : VARIANTS,
    services: Number(words.find((word) => /^\d+$/.test(word)) ?? 10_000),
  };
}

export function createBackend(
  variant: Variant,
  exec: Exec,
  clock: Clock = systemClock,
  watch?: Pick<RuleWatch, 'add'>,
): Promise<IptablesBackend> {
  return createIptablesBackend({
    settings: proxySettings(variant),
    exec,
    sysctl: systemSysctl,
    log: new FakeLog(),
    clock,
    localAddresses: () => Promise.resolve([]),
    ...(watch === undefined ? {} : { watch }),
  });
}

/** Of a list that is not empty; 0.5 is the median. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
