/** A process whose names are answered by a thread, and that ends in the way that its argument says. */
import { createDnsService } from '../../../src/dns/createDnsService.ts';
import { systemClock } from '../../../src/host/clock.ts';

const quiet = (): void => undefined;
const dns = createDnsService({
  settings: {
    clusterDomain: 'cluster.local',
    dnsService: 'kube-system/kube-dns',
    ttl: 5,
    negativeTtl: 5,
    pods: 'disabled',
  },
  forwarder: undefined,
  threads: 1,
  clock: systemClock,
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
});
await dns.listen({ address: '127.0.0.1', port: 0 });
process.stdout.write(`threads: ${dns.state().threads}\n`);
const [, , way] = process.argv;
if (way === 'throw') throw new Error('a fault');
if (way === 'exit') process.exit(7);
await dns.close();
