/** `npm run bench [NAME...]`: every measurement, or those named, one line a figure. Takes some minutes. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const MEASUREMENTS = {
  agent: 'what the agent costs a node: start to ready, memory, event loop',
  reflector: 'how soon a cluster is known, and a change is seen',
  manifests: 'how soon and how smoothly a cluster is known that is written down in files',
  snapshot: 'what keeping the cluster on disk costs, and reading it back',
  iptables: 'first sync and one change, beside one restore in the shape of kube-proxy',
  rulesWalked: 'how many rules a new connection is held against',
  connections: 'new connections through large tables, beside the same through empty ones',
  counters: 'what a reading of connections per Service costs',
  watch: 'what it costs to be told of rules that others change, beside nft monitor',
  scale: 'how costs grow with the cluster: memory, first sync, one change, a look, the DNS zone',
  rollout: 'a rolling restart: how soon each change is in the kernel, and at what CPU time',
  dns: 'queries per CPU-second, beside Knot DNS where it is installed',
  dnsLatency: 'how long names take at a steady rate and while rules are synced; memory',
  relayRestart: 'userspace mode: how long a Service is refused when the agent is killed',
  relay: 'the TCP relay of userspace mode, beside HAProxy where it is installed',
  dnsExternal: 'names outside the cluster from the cache, beside the caching resolvers that are installed',
} as const;

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(MEASUREMENTS, name));
if (unknown.length > 0) {
  process.stderr.write(
    `bench: no measurement ${unknown.join(', ')}: ${Object.keys(MEASUREMENTS).join(', ')}\n`,
  );
  process.exit(2);
}
for (const [name, about] of Object.entries(MEASUREMENTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stdout.write(`\n# ${name}: ${about}\n`);
  const script = join(import.meta.dirname, `${name}.ts`);
  const { status } = spawnSync(process.execPath, [script], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
