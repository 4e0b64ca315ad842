/** What measurements of routing share: a cluster in a catalog, and the real backend. */
import { Catalog } from '../../src/catalog/catalog.ts';
import { type Clock, systemClock } from '../../src/host/clock.ts';
import type { Exec } from '../../src/host/exec.ts';
import { systemSysctl } from '../../src/host/sysctl.ts';
import type { ObjectRecord } from '../../src/kube/records.ts';
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

/** Fills a catalog and publishes it, everything synced. */
export function filledCatalog(records: Iterable<ObjectRecord>, onPending?: () => void): Catalog {
  const catalog = new Catalog({ nodeName: 'node-0', ...(onPending === undefined ? {} : { onPending }) });
  for (const record of records) catalog.upsert(record);
  for (const kind of ['Service', 'EndpointSlice', 'Node', 'Namespace'] as const) catalog.synced(kind);
  catalog.publish();
  return catalog;
}

export function createBackend(
  variant: Variant,
  exec: Exec,
  clock: Clock = systemClock,
): Promise<IptablesBackend> {
  return createIptablesBackend({
    settings: proxySettings(variant),
    exec,
    sysctl: systemSysctl,
    log: new FakeLog(),
    clock,
    localAddresses: () => Promise.resolve([]),
  });
}

/** Of a list that is not empty; 0.5 is the median. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
