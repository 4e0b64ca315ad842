import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createManifestSource,
  type ManifestOptions,
} from '../../../src/kube/manifests/createManifestSource.ts';
import { describeObject, describeProblem } from '../../../src/kube/problem.ts';
import type { ObjectRecord } from '../../../src/kube/records.ts';
import type { Source, Watcher } from '../../../src/kube/source.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeLog } from '../../fake/log.ts';
import { eventually } from '../../support/eventually.ts';

/** Writes down what it is told, as an operator would read it, and keeps what is in force. */
class Listener implements Watcher {
  readonly #lines: string[] = [];
  readonly records = new Map<string, ObjectRecord>();

  upsert(record: ObjectRecord, origin?: string): void {
    this.records.set(describeObject(record), record);
    this.#lines.push(`+ ${describeObject(record)}${origin === '' ? '' : ` (${origin})`}`);
  }
  remove(ref: Parameters<Watcher['remove']>[0]): void {
    this.records.delete(describeObject(ref));
    this.#lines.push(`- ${describeObject(ref)}`);
  }
  synced(kind: string): void {
    this.#lines.push(`synced ${kind}`);
  }
  unreadable(problem: Parameters<Watcher['unreadable']>[0]): void {
    this.#lines.push(`! ${describeProblem(problem)}`);
  }
  /** What was told since the last call. */
  take(): string[] {
    return this.#lines.splice(0).filter((line) => !line.startsWith('synced'));
  }
  get syncedKinds(): number {
    return this.#lines.filter((line) => line.startsWith('synced')).length;
  }
}

let root: string;
let folder: string;
let clock: FakeClock;
let log: FakeLog;
let heard: Listener;
let source: Source;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'manifests-'));
  folder = join(root, 'd');
  await mkdir(folder);
  clock = new FakeClock();
  log = new FakeLog();
  heard = new Listener();
});

afterEach(async () => {
  await source.stop();
  await rm(root, { recursive: true });
});

const service = (name: string, more = ''): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: shop}\n${more}`;
const write = (name: string, ...documents: string[]): Promise<void> =>
  writeFile(join(folder, name), documents.join('\n---\n'));

async function start(options: Partial<ManifestOptions> = {}): Promise<void> {
  source = createManifestSource({ path: folder, nodeName: 'n1', clock, log, ...options });
  source.start(heard);
  await idle();
}

/** Waits until the source has read, and waits for its next turn. */
const idle = (): Promise<void> => eventually(() => expect(clock.pending()).toHaveLength(1));

/** Lets the poll find what has changed. */
async function poll(): Promise<string[]> {
  await clock.advance(10_000);
  await idle();
  return heard.take();
}

describe('reading', () => {
  test('a folder: every manifest in it, each kind synced once', async () => {
    await write('a.yaml', service('web'), service('api'));
    await write('b.json', '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}}');
    await write('notes.txt', 'not a manifest');
    await write('.hidden.yaml', service('hidden'));
    await mkdir(join(folder, 'deeper.yaml'));
    await start();
    expect(heard.syncedKinds).toBe(5);
    expect(heard.take()).toEqual([
      '+ Service shop/web (a.yaml, document 1)',
      '+ Service shop/api (a.yaml, document 2)',
      '+ Namespace shop (b.json, document 1)',
    ]);
    expect(source.state()).toHaveLength(5);
    expect(source.state()[0]).toEqual({ kind: 'Namespace', synced: true, error: '', silentMs: 0 });
    expect(await poll()).toEqual([]);
  });

  test('a file alone', async () => {
    await write('a.yaml', service('web'));
    await write('b.yaml', service('api'));
    await start({ path: join(folder, 'b.yaml') });
    expect([...heard.records.keys()]).toEqual(['Service shop/api', 'Namespace shop']);
  });

  test('where no Namespace is written, those that are lived in exist, until one is written', async () => {
    await write('a.yaml', service('web'), service('api').replace('shop', 'bank'));
    await start();
    expect([...heard.records.keys()].filter((key) => key.startsWith('Namespace'))).toEqual([
      'Namespace shop',
      'Namespace bank',
    ]);
    heard.take();
    await write('b.yaml', 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}');
    expect(await poll()).toEqual(['- Namespace bank', '+ Namespace shop (b.yaml, document 1)']);
    expect(heard.records.has('Namespace shop')).toBe(true);
  });

  test('only this Node, and Pods only if they are wanted', async () => {
    const node = (name: string): string => `apiVersion: v1\nkind: Node\nmetadata: {name: ${name}}`;
    const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nstatus: {podIP: 10.0.0.1}';
    await write(
      'a.yaml',
      node('n1'),
      node('n2'),
      'apiVersion: v1\nkind: Node\nmetadata: {name: n3}\nspec: 5',
      pod,
    );
    await start({ watchPods: 'none' });
    expect(heard.take()).toEqual(['+ Node n1 (a.yaml, document 1)']);
  });

  test('other kinds are named once', async () => {
    const deployment = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}';
    await write('a.yaml', deployment, deployment);
    await start();
    await write('b.yaml', deployment);
    await poll();
    expect(log.messages('info')).toEqual(['objects of kind Deployment are not used']);
  });

  test('a path that is not there yet is waited for', async () => {
    await rm(folder, { recursive: true });
    await start();
    expect(heard.syncedKinds).toBe(0);
    expect(source.state()[0]).toMatchObject({
      synced: false,
      error: expect.stringContaining(`${folder}: ENOENT`),
    });
    expect(log.messages('warn')).toHaveLength(1);
    await mkdir(folder);
    await write('a.yaml', service('web'));
    await clock.advance(10_000);
    await idle();
    expect(heard.syncedKinds).toBe(5);
    expect(source.state()[0]).toMatchObject({ synced: true, error: '' });
  });
});

describe('a change is told as a difference', () => {
  test('objects that come, differ and go', async () => {
    await write('a.yaml', service('web'), service('api'), service('old'));
    await start();
    heard.take();
    await write('a.yaml', service('web'), service('api', 'spec: {clusterIP: 10.0.0.1}'), service('new'));
    expect(await poll()).toEqual([
      '- Service shop/old',
      '+ Service shop/api (a.yaml, document 2)',
      '+ Service shop/new (a.yaml, document 3)',
    ]);
    await rm(join(folder, 'a.yaml'));
    expect((await poll()).sort()).toEqual([
      '- Namespace shop',
      '- Service shop/api',
      '- Service shop/new',
      '- Service shop/web',
    ]);
  });

  test('it is noticed at once where the file system tells of it', async () => {
    await write('a.yaml', service('web'));
    await start();
    heard.take();
    await write('b.yaml', service('api'));
    await eventually(() => expect(clock.pending()).toEqual([100]));
    await clock.advance(100);
    await idle();
    expect(heard.take()).toEqual(['+ Service shop/api (b.yaml, document 1)']);
  });

  test('a file replaced by renaming, again and again', async () => {
    await write('a.yaml', service('v0'));
    await start({ path: join(folder, 'a.yaml') });
    heard.take();
    for (const [before, after] of [
      ['v0', 'v1'],
      ['v1', 'v2'],
    ] as const) {
      await write('a.yaml.tmp', service(after));
      await rename(join(folder, 'a.yaml.tmp'), join(folder, 'a.yaml'));
      await eventually(() => expect(clock.pending()).toEqual([100]));
      await clock.advance(100);
      await idle();
      expect(heard.take()).toEqual([
        `- Service shop/${before}`,
        `+ Service shop/${after} (a.yaml, document 1)`,
      ]);
    }
  });

  test('a ConfigMap volume: the kubelet swaps one link', async () => {
    const version = async (name: string, text: string): Promise<void> => {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'a.yaml'), text);
      await symlink(name, join(folder, '..data_tmp'));
      await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    await version('..v1', service('web'));
    await symlink('..data/a.yaml', join(folder, 'a.yaml'));
    await start();
    expect(heard.take()).toContain('+ Service shop/web (a.yaml, document 1)');
    await version('..v2', service('api'));
    expect(await poll()).toEqual(['- Service shop/web', '+ Service shop/api (a.yaml, document 1)']);
  });

  test('the slices of an Endpoints object come and go with its subsets', async () => {
    const endpoints = (...ips: string[]): string =>
      `apiVersion: v1\nkind: Endpoints\nmetadata: {name: web, namespace: shop}\nsubsets: ${JSON.stringify(ips.map((ip) => ({ addresses: [{ ip }] })))}`;
    await write('a.yaml', endpoints('10.0.0.1', '10.0.0.2'));
    await start();
    heard.take();
    await write('a.yaml', endpoints('10.0.0.1'));
    expect(await poll()).toEqual(['- EndpointSlice shop/web:1:IPv4']);
  });

  test('after stop nothing is told', async () => {
    await start();
    await source.stop();
    await write('a.yaml', service('web'));
    expect(clock.pending()).toEqual([]);
    expect(heard.take()).toEqual([]);
  });
});

test('stopped while it reads, it tells nothing and waits for nothing', async () => {
  await write('a.yaml', service('web'));
  source = createManifestSource({ path: folder, clock, log });
  source.start(heard);
  await source.stop();
  expect(clock.pending()).toEqual([]);
  expect(heard.take()).toEqual([]);
});

describe('what is broken leaves what was said before in force', () => {
  test('a file: the others go on', async () => {
    await write('a.yaml', service('web'));
    await write('b.yaml', service('api'));
    await start();
    heard.take();
    await write('a.yaml', service('web'), 'spec: [');
    await write('b.yaml', service('new'));
    expect(await poll()).toEqual(['- Service shop/api', '+ Service shop/new (b.yaml, document 1)']);
    expect(heard.records.has('Service shop/web')).toBe(true);
    const [line = ''] = log.messages('warn');
    expect(line).toMatch(/^a\.yaml, document 2, line 6: .*; what it said before stays in force$/);
    expect(source.state()[0]).toMatchObject({ synced: true, error: line });
    await write('a.yaml', service('web'));
    expect(await poll()).toEqual([]);
    expect(log.messages('info')).toEqual([`no longer: ${line}`]);
    expect(source.state()[0]?.error).toBe('');
  });

  test('a file that was never right: the others are told all the same', async () => {
    await write('a.yaml', ': [');
    await write('b.yaml', service('api'));
    await start();
    expect(heard.syncedKinds).toBe(5);
    expect(heard.records.has('Service shop/api')).toBe(true);
    await write('c.yaml', service('new'));
    await poll();
    expect(log.messages('warn')).toEqual([expect.stringMatching(/^a\.yaml, document 1, line 1: /)]);
  });

  test('an object of a wrong shape, told with its file, document and field', async () => {
    await write('a.yaml', service('api'), service('web'));
    await start();
    heard.take();
    await write('a.yaml', service('api'), service('web', 'spec: {ports: 80}'));
    expect(await poll()).toEqual([
      '! a.yaml, document 2: Service shop/web: spec.ports: must be a list, not 80',
    ]);
    expect(await poll()).toEqual([]);
    await write('a.yaml', service('api', 'spec: {clusterIP: 10.0.0.1}'), service('web', 'spec: {ports: 80}'));
    expect(await poll()).toEqual(['+ Service shop/api (a.yaml, document 1)']);
    // Told again though it is what is in force: only so is the problem over.
    await write('a.yaml', service('api', 'spec: {clusterIP: 10.0.0.1}'), service('web'));
    expect(await poll()).toEqual(['+ Service shop/web (a.yaml, document 2)']);
    await write('a.yaml', service('api', 'spec: {clusterIP: 10.0.0.1}'), service('web', 'spec: 1'));
    await poll();
    await write('a.yaml', service('api', 'spec: {clusterIP: 10.0.0.1}'));
    expect(await poll()).toEqual(['- Service shop/web']);
  });

  test('an object that was never readable is forgotten with its document', async () => {
    await write('a.yaml', service('web', 'spec: 1'));
    await start();
    expect(heard.take()).toEqual(['! a.yaml, document 1: Service shop/web: spec: must be an object, not 1']);
    await write('a.yaml', '');
    expect(await poll()).toEqual(['- Service shop/web']);
  });

  test('an Endpoints object of a wrong shape', async () => {
    await write('a.yaml', 'apiVersion: v1\nkind: Endpoints\nmetadata: {name: web}\nsubsets: 1');
    await start();
    expect(heard.take()).toEqual([]);
    expect(log.messages('warn')).toEqual([
      'a.yaml, document 1: Endpoints default/web: subsets: must be a list, not 1',
    ]);
  });

  test('the whole folder gone', async () => {
    await write('a.yaml', service('web'));
    await start();
    heard.take();
    await rename(folder, join(root, 'away'));
    expect(await poll()).toEqual([]);
    expect(heard.records.has('Service shop/web')).toBe(true);
    expect(source.state()[0]).toMatchObject({ synced: true, error: expect.stringContaining('ENOENT') });
  });
});

describe('one object in two places', () => {
  test('the first counts, and both are named; then the other takes its place', async () => {
    await write('a.yaml', service('web', 'spec: {clusterIP: 10.0.0.1}'));
    await write('b.yaml', service('api'), service('web', 'spec: {clusterIP: 10.0.0.2}'));
    await start();
    expect(heard.records.get('Service shop/web')).toMatchObject({ clusterIPs: ['10.0.0.1'] });
    expect(log.messages('warn')).toEqual([
      'b.yaml, document 2: Service shop/web is in a.yaml, document 1 already, which counts',
    ]);
    heard.take();
    await rm(join(folder, 'a.yaml'));
    expect(await poll()).toEqual(['+ Service shop/web (b.yaml, document 2)']);
    expect(heard.records.get('Service shop/web')).toMatchObject({ clusterIPs: ['10.0.0.2'] });
  });

  test('twice in one file', async () => {
    await write('a.yaml', service('web'), service('web'));
    await start();
    expect(log.messages('warn')).toEqual([
      'a.yaml, document 2: Service shop/web is in a.yaml, document 1 already, which counts',
    ]);
  });
});

/** Each look at it takes a millisecond, of the ten that a turn of the event loop has. */
class SlowClock extends FakeClock {
  #looks = 0;
  override monotonic(): number {
    return this.#looks++;
  }
}

test('many objects are told over many turns of the event loop, at once and whenever all of them change', async () => {
  let turn = 0;
  const count = (): void => {
    turn += 1;
    counting = setImmediate(count);
  };
  let counting = setImmediate(count);
  const turns = new Set<number>();
  heard.upsert = () => turns.add(turn);
  clock = new SlowClock();
  const some = Array.from({ length: 200 }, (_, i) => `s${i}`);
  await write('a.yaml', ...some.map((name) => service(name)));
  await start();
  expect(turns.size).toBeGreaterThan(10);
  turns.clear();
  await write('a.yaml', ...some.map((name) => service(name, 'spec: {type: NodePort}')));
  await poll();
  expect(turns.size).toBeGreaterThan(10);
  clearImmediate(counting);
});
