/** The settings of forwarding among all settings. */
import type { Settings } from '../../config/settings.ts';
import type { ForwardSettings, UpstreamSource, ZoneOptions } from '../../dns/settings.ts';

export const RESOLV_CONF = '/etc/resolv.conf';

/** A zone for everything, which `--dns-forward` names servers of, and one for each stub domain. */
export function forwardSettings(settings: Settings): ForwardSettings {
  const options = { ...zoneOptions(settings), except: [] };
  const { dnsForward, dnsStubDomains, dnsCacheSize, dnsQueryLog } = settings;
  const everything: readonly UpstreamSource[] =
    dnsForward === 'resolv.conf' ? [{ file: RESOLV_CONF }] : dnsForward;
  return {
    zones: [
      { ...options, domain: '', upstreams: everything },
      ...dnsStubDomains.map(({ domain, servers }) => ({ ...options, domain, upstreams: servers })),
    ],
    cacheBytes: dnsCacheSize,
    queryLog: dnsQueryLog,
  };
}

/** What holds for a zone unless a configuration says otherwise. */
export function zoneOptions(settings: Settings): ZoneOptions {
  return {
    policy: settings.dnsForwardPolicy,
    maxConcurrent: settings.dnsForwardMaxConcurrent,
    maxFails: 2,
    forceTcp: false,
    cache: {
      success: { min: settings.dnsCacheMinTTL, max: settings.dnsCacheMaxTTL },
      denial: { min: settings.dnsCacheMinDenialTTL, max: settings.dnsCacheMaxDenialTTL },
      servfail: settings.dnsCacheServfailTTL,
      serveStale: settings.dnsServeStale,
      prefetch: settings.dnsPrefetch,
    },
  };
}
