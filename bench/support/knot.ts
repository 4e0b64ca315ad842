/** Knot DNS with a zone of the same Services, one UDP worker, on loopback. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceRecord } from '../../src/kube/records.ts';

/** Resolves once it answers; the process is the caller's to end. `undefined`: it is not on PATH. */
export async function startKnot(
  port: number,
  folder: string,
  services: readonly ServiceRecord[],
): Promise<ChildProcess | undefined> {
  if (spawnSync('sh', ['-c', 'command -v knotd']).status !== 0) return undefined;
  const file = join(folder, 'knot.conf');
  writeFileSync(join(folder, 'cluster.local.zone'), zoneText(services));
  writeFileSync(file, config(port, folder));
  const child = spawn('knotd', ['-c', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  const argv = ['@127.0.0.1', '-p', String(port), '+time=1', '+tries=1', 'cluster.local', 'SOA'];
  for (let left = 100; left > 0; left--) {
    await sleep(100);
    if (spawnSync('dig', argv).status === 0) return child;
  }
  child.kill('SIGKILL');
  throw new Error('knotd does not answer');
}

function config(port: number, folder: string): string {
  return `server:
  listen: 127.0.0.1@${port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
  rundir: ${folder}
database:
  storage: ${folder}
log:
  - target: stderr
    any: error
zone:
  - domain: cluster.local
    storage: ${folder}
    file: cluster.local.zone
`;
}

function zoneText(services: readonly ServiceRecord[]): string {
  const lines = ['@ 30 SOA ns.dns hostmaster 1 7200 1800 86400 5', '@ 30 NS ns.dns', 'ns.dns 30 A 127.0.0.1'];
  for (const { name, namespace, clusterIPs, ports } of services) {
    const owner = `${name}.${namespace}.svc`;
    for (const ip of clusterIPs) lines.push(`${owner} 30 A ${ip}`);
    for (const port of ports) lines.push(`_${port.name}._tcp.${owner} 30 SRV 0 100 ${port.port} ${owner}`);
  }
  return `$ORIGIN cluster.local.\n${lines.join('\n')}\n`;
}
