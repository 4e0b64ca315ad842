/** The settings of how this node answers names, beside which names there are. */
import * as read from './readers.ts';
import type { SettingTable } from './setting.ts';
import type { NodeNamesSettings } from './settings.ts';

export const NODE_NAMES: SettingTable<NodeNamesSettings> = {
  dnsWaitForRules: {
    group: 'DNS',
    flag: 'dns-wait-for-rules',
    value: 'MILLISECONDS',
    help: "how long a Service's name waits for the Service's rules before it is answered without; 0 does not",
    default: '100',
    reader: read.whole(0, 60_000),
  },
};
