/** What each sync of a row of changes writes: the story that kube-proxy's own test tells, on both backends. */
import { expect, test } from 'vitest';
import { createIptablesBackend } from '../../../src/proxy/iptables/backend.ts';
import { nameHash } from '../../../src/proxy/iptables/rules/names.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeIptables } from '../../fake/iptables.ts';
import { FakeLog } from '../../fake/log.ts';
import { loadedCatalog, proxySettings, service, slice } from '../cluster.ts';

type Catalog = ReturnType<typeof loadedCatalog>;

const SERVICES = ['svc1', 'svc2', 'svc3', 'svc4'];
const IPS = SERVICES.map((_, n) => `10.180.0.${n + 1}`);

/** Chains by what they are of: `KUBE-SVC of svc1`, `KUBE-SEP of svc1 10.180.0.1`. */
const NAMES: ReadonlyMap<string, string> = new Map(
  SERVICES.flatMap((name) => {
    const id = `shop/${name}:p80tcp`;
    const ips = [...IPS, '10.180.0.33', '10.180.0.34'];
    return [
      [`KUBE-SVC-${nameHash(id)}`, `KUBE-SVC of ${name}`] as const,
      ...ips.map((ip) => [`KUBE-SEP-${nameHash(`${id}${ip}:80`)}`, `KUBE-SEP of ${name} ${ip}`] as const),
    ];
  }),
);

/** `nat KUBE-SVC of svc1: 2` for a chain that is written with so many rules, `nat KUBE-SVC of svc1: gone`. */
function written(restores: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (const [, table = '', body = ''] of restores.join('').matchAll(/^\*(\w+)\n([^]*?)^COMMIT$/gm)) {
    for (const [, verb, chain = ''] of body.matchAll(/^(:|-X )(\S+)/gm)) {
      const name = `${table} ${NAMES.get(chain) ?? chain}`;
      const rules = body.split('\n').filter((line) => line.startsWith(`-A ${chain} `)).length;
      const gone = `${name}: gone`;
      if (verb === '-X ') found.push(gone);
      else if (!body.includes(`-X ${chain}\n`)) found.push(`${name}: ${rules}`);
    }
  }
  return [...new Set(found)].sort();
}

const add = (catalog: Catalog, n: number, endpoints: readonly string[] | undefined): void => {
  catalog.upsert(service(`shop/svc${n}`, `172.30.0.${40 + n}`));
  if (endpoints !== undefined) catalog.upsert(slice(`shop/svc${n}`, endpoints));
};

const STEPS: readonly (readonly [
  what: string,
  change: (catalog: Catalog) => void,
  expected: readonly string[],
])[] = [
  [
    'a Service and its endpoint come',
    (catalog) => add(catalog, 3, ['10.180.0.3']),
    ['nat KUBE-SEP of svc3 10.180.0.3: 2', 'nat KUBE-SERVICES: 4', 'nat KUBE-SVC of svc3: 2'],
  ],
  [
    'a Service is deleted',
    (catalog) => {
      catalog.remove(service('shop/svc2', ''));
      catalog.remove(slice('shop/svc2', []));
    },
    ['nat KUBE-SEP of svc2 10.180.0.2: gone', 'nat KUBE-SERVICES: 3', 'nat KUBE-SVC of svc2: gone'],
  ],
  ['a Service without endpoints comes', (catalog) => add(catalog, 4, undefined), ['filter KUBE-SERVICES: 1']],
  [
    'its endpoint comes',
    (catalog) => add(catalog, 4, ['10.180.0.4']),
    [
      'filter KUBE-SERVICES: 0',
      'nat KUBE-SEP of svc4 10.180.0.4: 2',
      'nat KUBE-SERVICES: 4',
      'nat KUBE-SVC of svc4: 2',
    ],
  ],
  [
    'an endpoint has another address',
    (catalog) => add(catalog, 3, ['10.180.0.33']),
    [
      'nat KUBE-SEP of svc3 10.180.0.33: 2',
      'nat KUBE-SEP of svc3 10.180.0.3: gone',
      'nat KUBE-SVC of svc3: 2',
    ],
  ],
  [
    'a second endpoint comes',
    (catalog) => add(catalog, 3, ['10.180.0.33', '10.180.0.34']),
    ['nat KUBE-SEP of svc3 10.180.0.34: 2', 'nat KUBE-SVC of svc3: 3'],
  ],
  ['nothing that routing reads changes', (catalog) => add(catalog, 3, ['10.180.0.33', '10.180.0.34']), []],
  [
    'all endpoints go',
    (catalog) => add(catalog, 4, []),
    [
      'filter KUBE-SERVICES: 1',
      'nat KUBE-SEP of svc4 10.180.0.4: gone',
      'nat KUBE-SERVICES: 3',
      'nat KUBE-SVC of svc4: gone',
    ],
  ],
];

test.each(['nft', 'legacy'] as const)('on %s', async (variant) => {
  const exec = new FakeIptables();
  const catalog = loadedCatalog([]);
  for (const n of [1, 2]) add(catalog, n, [IPS[n - 1] ?? '']);
  catalog.publish();
  const backend = await createIptablesBackend({
    settings: proxySettings({ iptablesBackend: variant, families: ['IPv4'] }),
    exec,
    sysctl: { read: () => Promise.resolve('1'), write: () => Promise.resolve() },
    log: new FakeLog(),
    clock: new FakeClock(),
    localAddresses: () => Promise.resolve([]),
  });
  await backend.sync(catalog.picture, undefined);
  exec.restores.length = 0;
  for (const [what, change, expected] of STEPS) {
    change(catalog);
    const changes = catalog.publish();
    if (changes !== undefined) await backend.sync(catalog.picture, changes);
    expect({ what, written: written(exec.restores.splice(0)) }).toEqual({ what, written: expected });
  }

  // After a refusal only the kernel knows what is in it: everything is looked at, and what was to go still goes.
  catalog.remove(service('shop/svc1', ''));
  catalog.remove(slice('shop/svc1', []));
  exec.onRun = (argv) =>
    String(argv[0]).endsWith('-restore')
      ? { code: 4, stdout: '', stderr: 'line 1: RULE_APPEND failed' }
      : undefined;
  await expect(backend.sync(catalog.picture, catalog.publish())).rejects.toThrow('RULE_APPEND');
  exec.onRun = () => undefined;
  exec.restores.length = 0;
  await backend.sync(catalog.picture, undefined);
  expect(written(exec.restores)).toEqual([
    'nat KUBE-SEP of svc1 10.180.0.1: gone',
    'nat KUBE-SERVICES: 2',
    'nat KUBE-SVC of svc1: gone',
  ]);
});
