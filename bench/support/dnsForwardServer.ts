/**
 * A DNS server that forwards, over an empty cluster, in a process of its own.
 *
 *     node bench/support/dnsForwardServer.ts PORT UPSTREAM_PORT [threads|dgram]
 *
 * Prints a line once it answers.
 */
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { forwardSettings } from '../../src/agent/names/forwardSettings.ts';
import { upstreamSources } from '../../src/agent/names/upstreamSources.ts';
import { Catalog } from '../../src/catalog/catalog.ts';
import { loadSettings } from '../../src/config/load.ts';
import { createDnsService } from '../../src/dns/createDnsService.ts';
import { createForwarder } from '../../src/dns/forward/createForwarder.ts';
import { systemClock } from '../../src/host/clock.ts';

const [port = 0, upstream = 0] = process.argv.slice(2).map(Number);
const quiet = (): void => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const catalog = new Catalog({ nodeName: 'node-0' });
for (const kind of ['Service', 'EndpointSlice', 'Namespace', 'Node'] as const) catalog.synced(kind);
catalog.publish();
const upstreams = [{ address: '127.0.0.1', port: upstream }];
const host = upstreamSources(() => []);
const forwarder = createForwarder({ host, clock: systemClock, log });
const { settings } = await loadSettings(
  {},
  { env: {}, hostname, readText: (path) => readFile(path, 'utf8') },
);
await forwarder.configure(forwardSettings({ ...settings, dnsForward: upstreams }));
const dns = createDnsService({
  settings: {
    clusterDomain: 'cluster.local',
    dnsService: 'kube-system/kube-dns',
    ttl: 30,
    negativeTtl: 5,
    pods: 'insecure',
  },
  forwarder,
  clock: systemClock,
  log,
  threads: process.argv[4] === 'dgram' ? 0 : 1,
});
dns.update(catalog.picture, undefined);
await dns.listen({ address: '127.0.0.1', port });
process.stdout.write('ready\n');
