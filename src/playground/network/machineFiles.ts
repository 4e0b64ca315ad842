/** What a kubelet or an administrator writes to a machine's /etc. */
import type { Machine, Topology } from './topology.ts';

export interface MachineFiles {
  readonly 'resolv.conf': string;
  readonly hosts: string;
  readonly 'nsswitch.conf': string;
}

export interface DnsOfCluster {
  readonly server: string;
  readonly domain: string;
}

export function machineFiles(machine: Machine, topology: Topology, dns: DnsOfCluster): MachineFiles {
  return {
    'resolv.conf': resolvConf(machine, topology, dns),
    hosts: `127.0.0.1 localhost\n::1 localhost\n${machine.ipv4} ${machine.name}\n${machine.ipv6} ${machine.name}\n`,
    // The host's own file may ask systemd-resolved or mDNS first, which live outside of the playground.
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
  };
}

function resolvConf(machine: Machine, topology: Topology, dns: DnsOfCluster): string {
  if (machine.kind !== 'pod') return `nameserver ${topology.api.ipv4}\n`;
  const search = [`${machine.namespace}.svc.${dns.domain}`, `svc.${dns.domain}`, dns.domain];
  return `nameserver ${dns.server}\nsearch ${search.join(' ')}\noptions ndots:5\n`;
}
