/** Whether the DNS configuration that is followed is the one that is in force: CoreDNS's names where it has one. */
import type { MetricFamily, Sample } from '../../telemetry/metric.ts';
import type { DnsConfigState } from '../names/config/configurator.ts';

/** No samples where only the settings say what to do. */
export function dnsConfigMetrics(state: () => DnsConfigState | undefined): MetricFamily[] {
  const samples =
    (of: (state: DnsConfigState) => Sample[]): (() => Sample[]) =>
    () => {
      const now = state();
      return now === undefined ? [] : of(now);
    };
  const one = (value: (state: DnsConfigState) => number): (() => Sample[]) =>
    samples((now) => [{ labels: {}, value: value(now) }]);
  return [
    {
      name: 'coredns_reload_failed_total',
      help: 'DNS configurations that could not be taken.',
      type: 'counter',
      samples: one(({ failures }) => failures),
    },
    {
      name: 'coredns_reload_version_info',
      help: 'Constant 1, with a hash of the configuration in force.',
      type: 'gauge',
      samples: samples(({ hash }) =>
        hash === '' ? [] : [{ labels: { hash: 'sha512', value: hash }, value: 1 }],
      ),
    },
    {
      name: 'coredns_hosts_entries',
      help: 'Hosts entries in force.',
      type: 'gauge',
      samples: one(({ configuration }) =>
        configuration.rules.reduce((sum, { hosts }) => sum + (hosts?.entries.length ?? 0), 0),
      ),
    },
    {
      name: 'fairlead_dns_config_in_force',
      help: 'Whether what the DNS configuration says now is in force.',
      type: 'gauge',
      samples: one(({ error, since }) => (error === '' && since > 0 ? 1 : 0)),
    },
    {
      name: 'fairlead_dns_config_warnings',
      help: 'Lines of the DNS configuration in force that are not honoured.',
      type: 'gauge',
      samples: one(({ remarks }) => remarks.filter(({ level }) => level === 'warning').length),
    },
  ];
}
