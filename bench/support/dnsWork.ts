/** What a node's agent does while names are asked: changes of Services, and a first sync of all rules. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Catalog } from '../../src/catalog/catalog.ts';
import type { DnsService } from '../../src/dns/service.ts';
import { systemExec } from '../../src/host/exec.ts';
import type { ServiceRecord } from '../../src/kube/records.ts';
import { createBackend } from './proxy.ts';

const CHANGES = 1000;
const CHANGES_A_SECOND = 200;

/** Both at once, in this process. Needs a network namespace of its own. Gives the seconds that each took; the rules stay. */
export async function work(
  catalog: Catalog,
  dns: Pick<DnsService, 'update'>,
  services: readonly ServiceRecord[],
): Promise<{ readonly changes: number; readonly sync: number }> {
  const backend = await createBackend('nft', systemExec);
  const { picture } = catalog;
  const [changes, sync] = await Promise.all([
    timed(() => changeServices(catalog, dns, services)),
    timed(() => backend.sync(picture, undefined)),
  ]);
  return { changes, sync };
}

/** One at a time, each visible in the answers at once. */
async function changeServices(
  catalog: Catalog,
  dns: Pick<DnsService, 'update'>,
  services: readonly ServiceRecord[],
): Promise<void> {
  const started = performance.now();
  for (let i = 0; i < CHANGES; i++) {
    const service = services[(i * 7) % services.length];
    if (service === undefined) return;
    catalog.upsert({ ...service, ports: [{ name: 'http', protocol: 'TCP', port: 1000 + i, nodePort: 0 }] });
    dns.update(catalog.picture, catalog.publish());
    const due = started + (1000 * i) / CHANGES_A_SECOND;
    if (due > performance.now()) await sleep(due - performance.now());
  }
}

async function timed(what: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await what();
  return (performance.now() - started) / 1000;
}
