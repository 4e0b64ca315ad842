/**
 * A DNS server over a made-up cluster, in a process of its own so that its CPU time is its own.
 *
 *     node bench/support/dnsServer.ts PORT SERVICES ENDPOINTS [threads|joining|dgram]
 *
 * Prints one line of JSON once it answers. Told `work` it changes Services and syncs rules; told anything else it tells
 * what it keeps.
 */
import { createDnsService } from '../../src/dns/createDnsService.ts';
import { systemClock } from '../../src/host/clock.ts';
import { QUIET_LOG } from '../../src/telemetry/quietLog.ts';
import { makeCluster } from '../../test/support/cluster.ts';
import { filledCatalog } from './catalog.ts';
import { DNS_SETTINGS } from './dnsSettings.ts';
import { work } from './dnsWork.ts';

const [port = 0, services = 10_000, endpointsPerService = 5] = process.argv.slice(2).map(Number);
const threads = process.argv[5] === 'dgram' ? 0 : 1;
const size = { services, endpointsPerService, namespaces: 20, nodes: 50 };
// Not kept: what the catalog keeps of it is to be measured.
const catalog = filledCatalog(makeCluster(size).records);

const dns = createDnsService({
  settings: DNS_SETTINGS,
  forwarder: undefined,
  clock: systemClock,
  log: QUIET_LOG,
  threads,
  joining: process.argv[5] === 'joining' ? 'on' : 'auto',
});
const started = performance.now();
dns.update(catalog.picture, undefined);
const updateMs = performance.now() - started;
await dns.listen({ address: '127.0.0.1', port });
process.stdout.write(`${JSON.stringify({ updateMs })}\n`);
process.on('message', (wanted) => {
  if (wanted === 'work')
    void work(catalog, dns, makeCluster(size).services).then((took) => process.send?.(took));
  else {
    // Where the process was started with --expose-gc, so that memory is what is held.
    globalThis.gc?.();
    process.send?.({ kept: dns.state().names, octets: dns.octets() });
  }
});
