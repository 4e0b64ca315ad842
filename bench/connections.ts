/**
 * New TCP connections per CPU-second through a node with many Services, beside the same through a node with empty tables.
 *
 *     node bench/connections.ts [nft|legacy] [SERVICES]
 *
 * Runs itself in namespaces of its own. Every measurement stands beside one with empty tables that was taken just
 * before it, and the ratio printed is the median of such pairs. A connection is reset as soon as it stands, so its
 * first packet, the only one that meets a Service's rules, weighs as much as it can.
 */
import type { Exec } from '../src/host/exec.ts';
import type { Picture } from '../src/catalog/picture.ts';
import { renderRuleset } from '../src/proxy/iptables/render.ts';
import { makeCluster } from '../test/support/cluster.ts';
import { filledCatalog } from './support/catalog.ts';
import { enterOwnNamespaces } from './support/ownNamespaces.ts';
import { BACKEND_PORT, NO_SERVICE, NODE_ADDRESS, Path } from './support/path.ts';
import { createBackend, proxySettings, quantile, readArguments, type Variant } from './support/proxy.ts';

const ENDPOINTS = 5;
const ROUNDS = 5;
const SLICE_MS = 150;
/** Rules of one restore: the root of a user namespace may not send the kernel more at once. */
const FLAT_BATCH = 200;

interface Target {
  readonly name: string;
  readonly path: Path;
  readonly address: string;
  readonly port: number;
}

enterOwnNamespaces(import.meta.filename);
const { variants, services } = readArguments();
for (const variant of variants) await measure(variant);

async function measure(variant: Variant): Promise<void> {
  const cluster = makeCluster({ services, endpointsPerService: ENDPOINTS, namespaces: 20, nodes: 50 });
  const last = cluster.services.findLast(({ ports }) => ports.some(({ nodePort }) => nodePort > 0));
  const middle = cluster.services[services >> 1];
  if (last === undefined || middle === undefined) throw new Error('at least 10 Services');
  const empty = await Path.open('empty');
  const few = await Path.open('few');
  const many = await Path.open('many');
  await emptyTables(variant, empty.node);
  const names = new Set([last.name, middle.name]);
  const isFew = (name: string): boolean => names.has(name);
  const fewRecords = cluster.records.filter((record) =>
    record.kind === 'EndpointSlice'
      ? isFew(record.serviceName)
      : record.kind !== 'Service' || isFew(record.name),
  );
  await program(variant, few.node, filledCatalog(fewRecords).picture);
  const { picture } = filledCatalog(cluster.records);
  await program(variant, many.node, picture);

  const nodePort = last.ports[0]?.nodePort ?? 0;
  const targets = (path: Path): Record<'none' | 'last' | 'middle' | 'nodePort', Target> => ({
    none: { name: 'no Service', path, address: NO_SERVICE, port: BACKEND_PORT },
    last: { name: 'last Service', path, address: last.clusterIPs[0] ?? '', port: 80 },
    middle: { name: 'middle Service', path, address: middle.clusterIPs[0] ?? '', port: 80 },
    nodePort: { name: 'last NodePort', path, address: NODE_ADDRESS, port: nodePort },
  });
  const reference = targets(empty).none;
  const report = (rules: string, results: readonly Result[]): void => {
    for (const { name, perCpuSecond, ratio } of results) {
      const figure = `connections-${variant}, ${rules}: ${name}`;
      const value = `${(perCpuSecond / 1000).toFixed(1)}k/cpu-s  ratio ${ratio.toFixed(2)} to empty tables`;
      process.stdout.write(`${figure.padEnd(58)} ${value}\n`);
    }
  };
  const ofFew = targets(few);
  const ofMany = targets(many);
  const small = [ofFew.none, ofFew.last, ofFew.nodePort];
  const large = [ofMany.none, ofMany.middle, ofMany.last, ofMany.nodePort];
  const size = `${services} x ${ENDPOINTS}`;
  const results = await compare(reference, [targets(empty).none, ...small, ...large]);
  report('empty tables', results.slice(0, 1));
  report('2 Services', results.slice(1, 1 + small.length));
  report(size, results.slice(1 + small.length));
  await flatten(variant, many.node, picture);
  report(`${size} flat`, await compare(reference, [ofMany.none, ofMany.middle, ofMany.last]));
  for (const path of [empty, few, many]) await path.close();
}

interface Result {
  readonly name: string;
  readonly perCpuSecond: number;
  /** To the same second's figure of `reference`. */
  readonly ratio: number;
}

async function compare(reference: Target, targets: readonly Target[]): Promise<readonly Result[]> {
  const rate = ({ path, address, port }: Target): Promise<number> => path.rate(address, port, SLICE_MS);
  // The first connections of a path learn its neighbours and warm its caches.
  for (const target of targets) await rate(target);
  const samples = targets.map(({ name }) => ({ name, rates: [] as number[], ratios: [] as number[] }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, target] of targets.entries()) {
      const beside = await rate(reference);
      const perCpuSecond = await rate(target);
      samples[i]?.rates.push(perCpuSecond);
      samples[i]?.ratios.push(perCpuSecond / beside);
    }
  }
  return samples.map(({ name, rates, ratios }) => ({
    name,
    perCpuSecond: quantile(rates, 0.5),
    ratio: quantile(ratios, 0.5),
  }));
}

/**
 * Tables without a rule, but for one that no packet meets and that makes the kernel track connections: a node's
 * network plug-in has such a one, and without it the ratios would show the cost of tracking.
 */
async function emptyTables(variant: Variant, node: Exec): Promise<void> {
  const chains = ':PREROUTING ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT';
  const nat = `*nat\n${chains}\n-A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE\nCOMMIT\n`;
  const filter = '*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\nCOMMIT\n';
  await restore(variant, node, nat + filter);
}

async function program(variant: Variant, node: Exec, picture: Picture): Promise<void> {
  await (await createBackend(variant, node)).sync(picture, undefined);
}

/** KUBE-SERVICES as kube-proxy writes it: a rule for each Service, one after the other. */
async function flatten(variant: Variant, node: Exec, picture: Picture): Promise<void> {
  const settings = proxySettings(variant);
  const dispatch = (text: string): string[] =>
    text.split('\n').filter((line) => line.startsWith('-A KUBE-SERVICES '));
  const rules = [...picture.services].flatMap(([key, entry]) =>
    dispatch(renderRuleset({ ...picture, services: new Map([[key, entry]]) }, settings, 'IPv4', [], key)),
  );
  rules.push(...dispatch(renderRuleset({ ...picture, services: new Map() }, settings, 'IPv4', [])));
  await restore(variant, node, '*nat\n:KUBE-SERVICES -\nCOMMIT\n');
  const batch = variant === 'legacy' ? rules.length : FLAT_BATCH;
  for (let at = 0; at < rules.length; at += batch) {
    await restore(variant, node, `*nat\n${rules.slice(at, at + batch).join('\n')}\nCOMMIT\n`);
  }
}

async function restore(variant: Variant, node: Exec, stdin: string): Promise<void> {
  const { code, stderr } = await node.run([`iptables-${variant}-restore`, '--noflush'], { stdin });
  if (code !== 0) throw new Error(`iptables-${variant}-restore: ${stderr.trim()}`);
}
