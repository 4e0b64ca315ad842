/**
 * How soon and how smoothly the manifests source knows a cluster: a first reading, and one after every file was
 * written anew with one change. "Waiting included" is what a DNS query would meet, "processor time" what of it was ours.
 *
 *     node bench/manifests.ts [SERVICES]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Publisher } from '../src/agent/publisher.ts';
import { Catalog } from '../src/catalog/catalog.ts';
import { systemClock } from '../src/host/clock.ts';
import { createManifestSource } from '../src/kube/manifests/createManifestSource.ts';
import type { Log } from '../src/telemetry/log.ts';
import { makeCluster } from '../test/support/cluster.ts';
import { watchTurns } from './support/cpu.ts';
import { apiObjects } from './support/objects.ts';

const API: Readonly<Record<string, { readonly apiVersion: string; readonly kind: string }>> = {
  namespaces: { apiVersion: 'v1', kind: 'Namespace' },
  nodes: { apiVersion: 'v1', kind: 'Node' },
  services: { apiVersion: 'v1', kind: 'Service' },
  endpointslices: { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' },
};
const PER_FILE = 50;
const quiet = (): void => undefined;
const LOG: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

const services = Number(process.argv[2] ?? 10_000);
const cluster = makeCluster({ services, endpointsPerService: 5, namespaces: 50, nodes: 100 });
const objects = apiObjects(cluster).flatMap(({ resource, objects: of }) =>
  of.map((object) => ({ ...API[resource], ...object })),
);

const report = (figure: string, value: string): void => {
  process.stdout.write(`${figure.padEnd(58)} ${value}\n`);
};

const shapes: readonly (readonly [name: string, perFile: number, text: (of: readonly object[]) => string])[] =
  [
    [`files of ${PER_FILE} objects, YAML`, PER_FILE, documents],
    ['one file, a document each, YAML', objects.length, documents],
    ['one file, a List, JSON', objects.length, (of) => JSON.stringify({ kind: 'List', items: of })],
  ];
for (const [name, perFile, text] of shapes) {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
  const write = (marked: string): void => {
    for (let at = 0; at < objects.length; at += perFile) {
      const some = objects.slice(at, at + perFile);
      writeFileSync(join(folder, `${at}.yaml`), `${marked}${text(some)}`);
    }
  };
  write('');
  await measure(name, folder, write);
  rmSync(folder, { recursive: true });
}

/** JSON is YAML, and the parser is the same: what differs is only how deep lines are indented. */
function documents(of: readonly object[]): string {
  return of.map((object) => `---\n${JSON.stringify(object, undefined, 1)}\n`).join('');
}

async function measure(name: string, folder: string, write: (marked: string) => void): Promise<void> {
  const known = Promise.withResolvers<void>();
  const publisher = new Publisher(systemClock, () => {
    catalog.publish();
    if (catalog.picture.services.size === services && catalog.picture.synced) known.resolve();
  });
  const catalog = new Catalog({ nodeName: 'node-0', onPending: () => publisher.wake() });
  const source = createManifestSource({ path: folder, nodeName: 'node-0', clock: systemClock, log: LOG });
  const awake = setInterval(quiet, 1000);
  await timed(`${name}: first reading`, () => {
    source.start(catalog);
    return known.promise;
  });
  const heard = (): number => source.state()[0]?.silentMs ?? Number.POSITIVE_INFINITY;
  await sleep(500);
  const before = performance.now();
  write('\n');
  await timed(`${name}: all written anew`, async () => {
    while (heard() > performance.now() - before) await sleep(20);
    await sleep(50);
  });
  await source.stop();
  clearInterval(awake);
}

async function timed(figure: string, work: () => Promise<void>): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const most = watchTurns();
  const began = performance.now();
  delay.enable();
  await work();
  delay.disable();
  const held = (delay.max / 1e6).toFixed(0);
  const ms = (performance.now() - began).toFixed(0);
  report(figure, `${ms} ms, held for ${held} ms waiting included, ${most().toFixed(0)} ms of processor time`);
}
