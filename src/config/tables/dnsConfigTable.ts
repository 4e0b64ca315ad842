/** Where the DNS configurations of other programs are. */
import type { DnsConfigSettings } from '../settings.ts';
import * as read from './readers.ts';
import type { SettingTable } from './setting.ts';

export const DNS_CONFIG: SettingTable<DnsConfigSettings> = {
  dnsConfig: {
    group: 'DNS',
    flag: 'dns-config',
    value: 'PATH',
    help: 'follow this Corefile, or a folder with Corefile, stubDomains or upstreamNameservers; what it says wins over flags',
    default: '',
    told: 'none',
    reader: read.text,
  },
  dnsConfigMaps: {
    group: 'DNS',
    flag: 'dns-config-map',
    value: 'NAMESPACE/NAME',
    repeatable: true,
    help: 'follow the same keys of these ConfigMaps, as the API has them; without --dns-config only',
    default: '',
    told: 'none',
    reader: read.namespacedNames,
  },
};
