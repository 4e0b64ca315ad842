/**
 * What rules cost: the first sync, and one changed endpoint, beside one restore in kube-proxy's shape.
 *
 *     node bench/iptables.ts [nft|legacy] [SERVICES...]
 *
 * Runs itself in namespaces of its own: as real root where it is, as a node's agent does, because a root of a user
 * namespace has to write smaller batches. One line a figure; the single restore is left out above 2,000 Services on
 * nft, where it takes minutes.
 */
import type { Picture } from '../src/catalog/picture.ts';
import { systemExec } from '../src/host/exec.ts';
import type { EndpointSliceRecord } from '../src/kube/records.ts';
import type { Backend } from '../src/proxy/backend.ts';
import { renderRuleset } from '../src/proxy/iptables/render.ts';
import type { ProxySettings } from '../src/proxy/settings.ts';
import { makeCluster } from '../test/support/cluster.ts';
import { enterOwnNamespaces } from './support/ownNamespaces.ts';
import { createBackend, filledCatalog, proxySettings, type Variant } from './support/proxy.ts';

const ENDPOINTS = 5;
const CHANGES = 15;
const SINGLE_RESTORE_LIMIT = { nft: 2000, legacy: 20_000 };

enterOwnNamespaces(import.meta.filename);

const [first, ...rest] = process.argv.slice(2);
const variants: readonly Variant[] = first === 'nft' || first === 'legacy' ? [first] : ['nft', 'legacy'];
const sizes = rest.length > 0 ? rest.map(Number) : [1000, 10_000];
for (const variant of variants) for (const services of sizes) await measure(variant, services);

async function measure(variant: Variant, services: number): Promise<void> {
  const settings = proxySettings(variant);
  const report = (figure: string, value: string): void => {
    process.stdout.write(
      `${`iptables-${variant}, ${services} x ${ENDPOINTS}: ${figure}`.padEnd(58)} ${value}\n`,
    );
  };
  const cluster = makeCluster({ services, endpointsPerService: ENDPOINTS, namespaces: 20, nodes: 50 });
  const catalog = filledCatalog(cluster.records);
  const { picture } = catalog;

  report('one restore in kube-proxy’s shape', await singleRestore(variant, picture, settings));

  const blocks = watchLoop();
  const create = (): Promise<Backend> => createBackend(variant, systemExec);
  const backend = await create();
  const synced = await backend.sync(picture, undefined);
  report('first sync', `${ms(synced.milliseconds)}, ${synced.restores} restores`);

  const times: number[] = [];
  for (let i = 0; i < CHANGES; i++) {
    const slice = cluster.slices[(i * 97) % cluster.slices.length];
    if (slice === undefined) continue;
    catalog.upsert(moved(slice, i));
    times.push((await backend.sync(picture, catalog.publish())).milliseconds);
  }
  times.sort((a, b) => a - b);
  report('one endpoint change, median', ms(times[times.length >> 1] ?? 0));
  report('one endpoint change, slowest', ms(times.at(-1) ?? 0));
  report('one rule in a chain of anybody’s, for comparison', ms(await oneRule(variant)));

  const again = await (await create()).sync(picture, undefined);
  report('sync of a new process, all in place', `${ms(again.milliseconds)}, ${again.restores} restores`);
  report('longest event-loop block', ms(blocks()));
  const before = performance.now();
  await backend.cleanup();
  report('cleanup', ms(performance.now() - before));
}

/** In a namespace of its own: what it leaves behind goes with it. */
async function singleRestore(variant: Variant, picture: Picture, settings: ProxySettings): Promise<string> {
  if (picture.services.size > SINGLE_RESTORE_LIMIT[variant]) return 'left out: minutes';
  const stdin = kubeProxyShape(picture, settings);
  const started = performance.now();
  const argv = ['unshare', '-n', `iptables-${variant}-restore`, '--noflush'] as const;
  const { code, stderr } = await systemExec.run(argv, { stdin });
  if (stderr.includes('Message too long')) return 'left out: only real root may send so much at once';
  return code === 0 ? ms(performance.now() - started) : `failed: ${stderr.trim()}`;
}

/** The same rules without batches and with KUBE-SERVICES flat. */
function kubeProxyShape(picture: Picture, settings: ProxySettings): string {
  const nobody: Picture = { ...picture, services: new Map() };
  const texts = [...picture.services.keys()].map((key) => renderRuleset(picture, settings, 'IPv4', [], key));
  const tables = new Map<string, { declarations: string[]; rules: string[] }>();
  for (const text of [renderRuleset(nobody, settings, 'IPv4', []), ...texts]) {
    let table = { declarations: [] as string[], rules: [] as string[] };
    for (const line of text.split('\n')) {
      if (line.startsWith('*')) {
        table = tables.get(line) ?? { declarations: [], rules: [] };
        tables.set(line, table);
      } else if (line.startsWith(':')) table.declarations.push(line);
      else if (line.startsWith('-')) table.rules.push(line);
    }
  }
  const sections = [...tables].map(([name, { declarations, rules }]) => [
    name,
    ...declarations,
    ...rules,
    'COMMIT\n',
  ]);
  return sections.flat().join('\n');
}

/** The median time of the least that can be changed: what the kernel takes whatever we do. */
async function oneRule(variant: Variant): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 7; i++) {
    const started = performance.now();
    const stdin = '*nat\n:ANYBODY - [0:0]\n-A ANYBODY -j RETURN\nCOMMIT\n';
    await systemExec.run([`iptables-${variant}-restore`, '--noflush'], { stdin });
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[3] ?? 0;
}

/** The slice with its first endpoint at another address. */
function moved(slice: EndpointSliceRecord, n: number): EndpointSliceRecord {
  const [one, ...others] = slice.endpoints;
  if (one === undefined) return slice;
  return { ...slice, endpoints: [{ ...one, address: `10.250.0.${n + 1}` }, ...others] };
}

/** Starts to watch; the result tells the longest time that nothing else could run. */
function watchLoop(): () => number {
  let longest = 0;
  let last = performance.now();
  const tick = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    timer = setImmediate(tick);
  };
  let timer = setImmediate(tick);
  return () => {
    clearImmediate(timer);
    return longest;
  };
}

function ms(value: number): string {
  return value >= 10_000 ? `${(value / 1000).toFixed(1)} s` : `${value.toFixed(value < 100 ? 1 : 0)} ms`;
}
