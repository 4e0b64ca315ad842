/** The settings of names that are not the cluster's: whom to ask, what to keep, what to log. */
import { FORWARD_POLICIES } from '../../dns/settings.ts';
import type { ForwardingSettings } from '../settings.ts';
import { octets, queryLog, stubDomains } from './dnsReaders.ts';
import * as read from './readers.ts';
import type { SettingTable } from './setting.ts';

const DAY = 86_400;

export const FORWARDING: SettingTable<ForwardingSettings> = {
  dnsForward: {
    group: 'DNS',
    flag: 'dns-forward',
    value: '[tls://]ADDRESS[:PORT]',
    repeatable: true,
    help: "servers for names that are not the cluster's; none refuses them",
    default: 'resolv.conf',
    told: 'those of /etc/resolv.conf',
    reader: read.forwarders,
  },
  dnsStubDomains: {
    group: 'DNS',
    flag: 'dns-stub-domain',
    value: 'DOMAIN=ADDRESS[:PORT]',
    repeatable: true,
    help: 'servers for the names of one domain, several with commas; the longest domain counts',
    default: '',
    told: 'none',
    reader: stubDomains,
  },
  dnsForwardPolicy: {
    group: 'DNS',
    flag: 'dns-forward-policy',
    value: FORWARD_POLICIES.join('|'),
    help: 'which server is asked first',
    default: 'random',
    reader: read.oneOf(FORWARD_POLICIES),
  },
  dnsForwardMaxConcurrent: {
    group: 'DNS',
    flag: 'dns-forward-max-concurrent',
    value: 'NUMBER',
    help: 'queries that one server may owe at a time; for more the client is told SERVFAIL',
    default: '1000',
    reader: read.whole(1, 60_000),
  },
  dnsCacheSize: {
    group: 'DNS',
    flag: 'dns-cache-size',
    value: 'OCTETS',
    help: 'memory for forwarded answers that are kept; 0 keeps none',
    default: '8Mi',
    reader: octets,
  },
  dnsCacheMaxTTL: {
    group: 'DNS',
    flag: 'dns-cache-max-ttl',
    value: 'SECONDS',
    help: 'how long a forwarded answer is kept at most',
    default: '30',
    reader: read.whole(0, DAY),
  },
  dnsCacheMinTTL: {
    group: 'DNS',
    flag: 'dns-cache-min-ttl',
    value: 'SECONDS',
    help: 'how long it is kept at least, unless its own TTL is 0',
    default: '0',
    reader: read.whole(0, DAY),
  },
  dnsCacheMaxDenialTTL: {
    group: 'DNS',
    flag: 'dns-cache-max-denial-ttl',
    value: 'SECONDS',
    help: 'how long a forwarded denial of a name is kept at most',
    default: '30',
    reader: read.whole(0, DAY),
  },
  dnsCacheMinDenialTTL: {
    group: 'DNS',
    flag: 'dns-cache-min-denial-ttl',
    value: 'SECONDS',
    help: 'how long such a denial is kept at least, unless its own TTL is 0',
    default: '0',
    reader: read.whole(0, DAY),
  },
  dnsCacheServfailTTL: {
    group: 'DNS',
    flag: 'dns-cache-servfail-ttl',
    value: 'SECONDS',
    help: "how long a server's failure is kept",
    default: '1',
    reader: read.whole(0, 5),
  },
  dnsServeStale: {
    group: 'DNS',
    flag: 'dns-serve-stale',
    value: 'DURATION',
    help: 'how long past its time an answer may serve while no server answers; 0 never',
    default: '1h',
    reader: read.seconds,
  },
  dnsPrefetch: {
    group: 'DNS',
    flag: 'dns-prefetch',
    value: 'QUESTIONS',
    help: 'ask again for a kept answer before its time is up, if it was asked for so often; 0 never',
    default: '3',
    reader: read.whole(0, 1_000_000),
  },
  dnsQueryLog: {
    group: 'DNS',
    flag: 'dns-query-log',
    value: 'off|errors|all|1/N',
    help: 'one line for each failed query, each query, or one query in N',
    default: 'off',
    reader: queryLog,
  },
};
