/**
 * What keeping the catalog on disk costs, and reading it back: its length, the time, and how long the event loop was
 * held, each in the same process.
 *
 *     node bench/snapshot.ts [SERVICES...]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Catalog } from '../src/catalog/catalog.ts';
import { errorOf } from '../src/errors/caught.ts';
import { stateFolder } from '../src/host/stateFolder.ts';
import { NO_CHANGES } from '../src/proxy/changes.ts';
import { Journal } from '../src/snapshot/journal.ts';
import { readSnapshot } from '../src/snapshot/read.ts';
import { recordsOf } from '../src/snapshot/records.ts';
import { writeSnapshot } from '../src/snapshot/write.ts';
import { makeCluster } from '../test/support/cluster.ts';
import { watchTurns } from './support/cpu.ts';

const ENDPOINTS = 5;
const ROUNDS = 5;
/** One after the other, each a Service with its endpoints. */
const CHANGES = 1000;
const OWNER = { cluster: 'https://10.96.0.1:443', node: 'node-0', boot: 'b' };

const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1000, 10_000];
for (const services of sizes) await measure(services);

async function measure(services: number): Promise<void> {
  const size = { services, endpointsPerService: ENDPOINTS, namespaces: 50, nodes: 100 };
  const catalog = new Catalog({ nodeName: 'node-0' });
  for (const record of makeCluster(size).records) catalog.upsert(record);
  for (const kind of ['Service', 'EndpointSlice', 'Namespace'] as const) catalog.synced(kind);
  catalog.publish();
  const path = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
  const folder = stateFolder(path);
  const report = (figure: string, value: string): void => {
    process.stdout.write(`${`snapshot, ${services} x ${ENDPOINTS}: ${figure}`.padEnd(58)} ${value}\n`);
  };
  let octets = 0;
  const head = { ...OWNER, writtenAt: Date.now() };
  const written = await best(async () => {
    octets = await writeSnapshot(folder, { head, records: recordsOf(catalog.picture) });
  });
  report('length', `${(octets / 1e6).toFixed(2)} MB`);
  report('written in', told(written));
  const read = await best(async () => {
    const again = new Catalog({ nodeName: 'node-0' });
    const found = await readSnapshot(folder, OWNER, Date.now());
    for await (const record of found?.records ?? []) again.upsert(record);
    if (again.publish()?.services.size !== services) throw new Error('not all of it was read');
  });
  report('read into a catalog in', told(read));
  const changed = await best(async () => {
    const journal = new Journal({
      folder,
      writtenAt: Date.now(),
      onFailed(error) {
        throw errorOf(error);
      },
    });
    const key = [...catalog.picture.services.keys()].slice(0, CHANGES);
    for (const each of key) journal.note(catalog.picture, { ...NO_CHANGES, services: new Set([each]) });
    await journal.close();
  });
  report(`${CHANGES} changes into a journal in`, told(changed));
  rmSync(path, { recursive: true });
}

function told({ ms, cpuMs, longestMs }: Figure): string {
  return `${ms.toFixed(0)} ms, of the main thread ${cpuMs.toFixed(0)} ms, in turns of ${longestMs.toFixed(0)} ms at most`;
}

interface Figure {
  readonly ms: number;
  /** Of the main thread, as others on the machine do not count then. */
  readonly cpuMs: number;
  /** Between two turns of the event loop, in its own processor time. */
  readonly longestMs: number;
}

/** The fastest of some rounds, and the longest turn of all but the first, which compiles. */
async function best(work: () => Promise<void>): Promise<Figure> {
  const figures: Figure[] = [];
  for (let round = 0; round <= ROUNDS; round++) figures.push(await once(work));
  const warm = figures.slice(1);
  return {
    ms: Math.min(...warm.map(({ ms }) => ms)),
    cpuMs: Math.min(...warm.map(({ cpuMs }) => cpuMs)),
    longestMs: Math.max(...warm.map(({ longestMs }) => longestMs)),
  };
}

async function once(work: () => Promise<void>): Promise<Figure> {
  const longest = watchTurns();
  const [began, cpu] = [performance.now(), threadMs()];
  await work();
  return { ms: performance.now() - began, cpuMs: threadMs() - cpu, longestMs: longest() };
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
