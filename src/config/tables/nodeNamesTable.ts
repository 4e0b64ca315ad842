/** The settings of how this node answers names, beside which names there are. */
import type { NodeNamesSettings } from '../settings.ts';
import * as read from './readers.ts';
import type { SettingTable } from './setting.ts';

export const NODE_NAMES: SettingTable<NodeNamesSettings> = {
  dnsWaitForRules: {
    group: 'DNS',
    flag: 'dns-wait-for-rules',
    value: 'MILLISECONDS',
    help: "how long a Service's name waits for the Service's rules before it is answered without; 0 does not",
    default: '100',
    reader: read.whole(0, 60_000),
  },
  dnsSearchPath: {
    group: 'DNS',
    flag: 'dns-search-path',
    value: 'on|off',
    help: "go through a pod's search list for it, where its first name is not there; watches this node's pods",
    default: 'off',
    reader: read.onOff,
  },
  dnsNodeLocal: {
    group: 'DNS',
    flag: 'dns-node-local',
    value: 'ADDRESS',
    repeatable: true,
    help: 'answer here too, port 53: put on lo, for this node alone, such as 169.254.20.10',
    default: '',
    told: 'none',
    reader: read.addresses,
  },
  dnsHealthBindAddress: {
    group: 'Operation',
    flag: 'dns-health-bind-address',
    value: 'ADDRESS[:PORT]',
    help: "serve CoreDNS's /health and exechealthz's /healthz here, from a real query; empty does not",
    default: '',
    told: 'not served',
    reader: read.bindAddress(8080),
  },
  dnsReadyBindAddress: {
    group: 'Operation',
    flag: 'dns-ready-bind-address',
    value: 'ADDRESS[:PORT]',
    help: "serve CoreDNS's /ready here; empty does not",
    default: '',
    told: 'not served',
    reader: read.bindAddress(8181),
  },
};
