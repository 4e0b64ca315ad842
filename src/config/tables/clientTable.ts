/** The settings of what one client may ask for. */
import type { ClientSettings } from '../settings.ts';
import * as read from './readers.ts';
import type { SettingTable } from './setting.ts';

export const CLIENTS: SettingTable<ClientSettings> = {
  dnsClientRate: {
    group: 'DNS',
    flag: 'dns-client-rate',
    value: 'NUMBER',
    help: 'queries a second that one client may ask by UDP, IPv6 clients by /64; 0 sets no limit',
    default: '0',
    reader: read.whole(0, 10_000_000),
  },
  dnsClientRateSlip: {
    group: 'DNS',
    flag: 'dns-client-rate-slip',
    value: 'NUMBER',
    help: 'send every so manyth query above that limit to TCP, and drop the others; 0 drops all',
    default: '1',
    reader: read.whole(0, 1000),
  },
  dnsClientRateExempt: {
    group: 'DNS',
    flag: 'dns-client-rate-exempt',
    value: 'CIDR',
    repeatable: true,
    help: 'clients without a limit',
    default: '',
    reader: read.cidrs,
  },
};
