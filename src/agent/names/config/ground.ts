/** What holds where a DNS configuration says nothing. */
import type { Ground } from '../../../config/corefile/reading.ts';
import type { Settings } from '../../../config/settings.ts';
import { forwardSettings, zoneOptions } from '../forwardSettings.ts';

export function groundOf(settings: Settings): Ground {
  const { clusterDomain, dnsTTL: ttl, pods } = settings;
  return {
    configuration: { zone: { ttl, pods }, forwarding: forwardSettings(settings), rules: [] },
    options: zoneOptions(settings),
    clusterDomain,
    podsKnown: pods === 'verified',
    ports: {
      health: settings.dnsHealthBindAddress?.port,
      ready: settings.dnsReadyBindAddress?.port,
      prometheus: settings.dnsMetricsBindAddress?.port,
    },
  };
}
