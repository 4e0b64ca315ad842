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
import { loadSettings } from '../../src/config/load.ts';
import { createDnsService } from '../../src/dns/createDnsService.ts';
import { createForwarder } from '../../src/dns/forward/createForwarder.ts';
import { systemClock } from '../../src/host/clock.ts';
import { QUIET_LOG } from '../../src/telemetry/quietLog.ts';
import { filledCatalog } from './catalog.ts';
import { DNS_SETTINGS } from './dnsSettings.ts';

const [port = 0, upstream = 0] = process.argv.slice(2).map(Number);
const catalog = filledCatalog([]);
const upstreams = [{ address: '127.0.0.1', port: upstream }];
const host = upstreamSources(() => []);
const forwarder = createForwarder({ host, clock: systemClock, log: QUIET_LOG });
const { settings } = await loadSettings(
  {},
  { env: {}, hostname, readText: (path) => readFile(path, 'utf8') },
);
await forwarder.configure(forwardSettings({ ...settings, dnsForward: upstreams }));
const dns = createDnsService({
  settings: DNS_SETTINGS,
  forwarder,
  clock: systemClock,
  log: QUIET_LOG,
  threads: process.argv[4] === 'dgram' ? 0 : 1,
});
dns.update(catalog.picture, undefined);
await dns.listen({ address: '127.0.0.1', port });
process.stdout.write('ready\n');
