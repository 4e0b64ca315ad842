import type { DnsSettings } from '../../src/dns/settings.ts';

/** What measurements of DNS answer under: CoreDNS's usual TTLs, and pod records, which the default leaves out. */
export const DNS_SETTINGS: DnsSettings = {
  clusterDomain: 'cluster.local',
  dnsService: 'kube-system/kube-dns',
  ttl: 30,
  negativeTtl: 5,
  pods: 'insecure',
};
