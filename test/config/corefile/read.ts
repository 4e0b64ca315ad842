/** Reading a Corefile that a test holds, on the ground of the flags' defaults. */
import { matchesGlob } from 'node:path';
import type { ConfigText, ConfigTexts } from '../../../src/config/corefile/expand.ts';
import { readCorefile } from '../../../src/config/corefile/readCorefile.ts';
import type { Ground } from '../../../src/config/corefile/reading.ts';
import type { ReadConfiguration } from '../../../src/config/dnsConfiguration.ts';
import type { ZoneOptions } from '../../../src/dns/settings.ts';

const OPTIONS: ZoneOptions = {
  policy: 'random',
  maxConcurrent: 1000,
  maxFails: 2,
  forceTcp: false,
  cache: {
    success: { min: 0, max: 30 },
    denial: { min: 0, max: 30 },
    servfail: 1,
    serveStale: 3600,
    prefetch: 3,
  },
};

export const GROUND: Ground = {
  configuration: {
    zone: { ttl: 30, pods: 'insecure' },
    forwarding: {
      zones: [{ ...OPTIONS, domain: '', upstreams: [{ file: '/etc/resolv.conf' }], except: [] }],
      cacheBytes: 8 << 20,
      queryLog: { classes: [], every: 1, domains: [''] },
    },
    rules: [],
  },
  options: OPTIONS,
  clusterDomain: 'cluster.local',
  podsKnown: true,
  ports: { health: undefined, ready: undefined, prometheus: 9153 },
};

/** Files by path. A relative name is that of a file beside the Corefile, whichever folder it is in. */
export function textsOf(files: Readonly<Record<string, string>>): ConfigTexts {
  return {
    find(pattern) {
      const found: ConfigText[] = Object.entries(files)
        .filter(([file]) => file === pattern || matchesGlob(file, pattern))
        .map(([file, text]) => ({ file, text }));
      return Promise.resolve(found);
    },
  };
}

export function read(
  text: string,
  files: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
  ground: Ground = GROUND,
): Promise<ReadConfiguration> {
  return readCorefile({ file: 'Corefile', text }, textsOf(files), env, ground);
}
