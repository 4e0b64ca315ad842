import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AgentStatus } from '../../../src/agent/serving/status.ts';
import { VERSION } from '../../../src/agent/version.ts';
import { statusText } from '../../../src/commands/agent/statusText.ts';

const NOW = Date.UTC(2026, 0, 2, 12, 0, 0);

const STATUS: AgentStatus = {
  version: '0.1.0',
  pid: 7,
  node: 'n1',
  startedAt: '2026-01-02T09:50:00.000Z',
  ready: true,
  notReady: [],
  catalog: {
    syncedAt: '2026-01-02T09:50:01.000Z',
    services: 3,
    endpoints: 9,
    problems: ['Service shop/web: spec.ports[0].port: 0 is not a port (1-65535)'],
  },
  sources: [
    { kind: 'Service', synced: true, silentSeconds: 4, error: '' },
    { kind: 'Node', synced: true, silentSeconds: 9, error: '' },
  ],
  proxy: {
    mode: 'iptables',
    configuredMode: 'iptables',
    notRelayed: [],
    variant: 'nf_tables',
    families: ['IPv4', 'IPv6'],
    services: 3,
    rules: 40,
    variantBecause: "the kubelet's hint",
    leftOut: [],
    syncedAt: '2026-01-02T11:59:30.000Z',
    lastSyncMilliseconds: 12,
    lastSyncFull: false,
    pending: { services: 0, seconds: 0 },
    setAside: [],
    healthPorts: [],
    error: '',
  },
  dns: {
    listening: ['192.0.2.1:10053', '10.96.0.10:53'],
    claimed: ['10.96.0.10'],
    lease: 'held',
    services: 7,
    names: 12,
    queries: 345,
    cache: { entries: 6, octets: 4711, maxOctets: 8 << 20, hits: 30, misses: 20, stale: 1 },
    upstreams: [
      { server: '192.0.2.53:53', zones: ['.'], healthy: true, looping: false, queries: 20, failures: 1 },
      {
        server: '192.0.2.54:53',
        zones: ['corp.example'],
        healthy: false,
        looping: false,
        queries: 2,
        failures: 2,
      },
      { server: '127.0.0.53:53', zones: ['.'], healthy: false, looping: true, queries: 0, failures: 0 },
    ],
    config: {
      source: '/etc/coredns',
      since: '2026-01-02T11:57:00.000Z',
      error: '',
      warnings: [],
      notes: [
        '/etc/coredns/Corefile:3: health: is served where --dns-health-bind-address says, which is nowhere',
      ],
    },
    errors: [],
  },
};

const golden = (name: string): string => join(import.meta.dirname, `../../golden/status/${name}.txt`);

test('all is well', async () => {
  await expect(`${statusText(STATUS, NOW)}\n`).toMatchFileSnapshot(golden('well'));
});

test('much is wrong', async () => {
  const text = statusText(
    {
      ...STATUS,
      startedAt: '2025-12-30T11:00:00.000Z',
      ready: false,
      notReady: ['source: reading Service', 'dns: no answer'],
      catalog: { syncedAt: '', services: 0, endpoints: 0, problems: [] },
      sources: [
        { kind: 'Service', synced: false, silentSeconds: -1, error: 'https://10.0.0.1: connection refused' },
        { kind: 'Node', synced: false, silentSeconds: -1, error: 'https://10.0.0.1: connection refused' },
      ],
      ...(STATUS.proxy && {
        proxy: { ...STATUS.proxy, syncedAt: '', error: 'iptables-restore: line 3 failed' },
      }),
      ...(STATUS.dns && {
        dns: {
          ...STATUS.dns,
          listening: [],
          lease: 'lost',
          upstreams: [],
          config: {
            source: 'ConfigMap kube-system/coredns',
            since: '2026-01-02T11:57:00.000Z',
            error: 'kube-system/coredns/Corefile:4: cache: expected seconds',
            warnings: ['kube-system/coredns/Corefile:7: plugin dns64 is not offered'],
            notes: [],
          },
          errors: ['192.0.2.1:10053: in use'],
        },
      }),
    },
    NOW,
  );
  await expect(`${text}\n`).toMatchFileSnapshot(golden('wrong'));
});

test('routing has stories to tell', async () => {
  const setAside = 'Service shop/odd: not routed: iptables refuses its rules (IPv4): no such match';
  const port = 'Service shop/web: spec.healthCheckNodePort: load balancers cannot check this node: in use';
  const text = statusText(
    {
      ...STATUS,
      catalog: { ...STATUS.catalog, problems: [setAside, port] },
      ...(STATUS.proxy && {
        proxy: {
          ...STATUS.proxy,
          families: ['IPv4'],
          leftOut: ["IPv6: ip6tables-nft exits with 3: can't initialize ip6tables table `nat'"],
          lastSyncFull: true,
          lastRepair: {
            at: '2026-01-02T11:55:00.000Z',
            lines: [
              '44 chains and 3 jump rules were missing from nat (IPv4): written again',
              "1 chain of filter (IPv4) was nobody's: deleted",
            ],
          },
          pending: { services: 2, seconds: 1.2 },
          setAside: [setAside],
          healthPorts: [port],
        },
      }),
    },
    NOW,
  );
  await expect(`${text}\n`).toMatchFileSnapshot(golden('stories'));
});

test('userspace mode, switched to and in trouble', async () => {
  const port = { protocol: 'TCP', open: 0, retries: 0, refused: 0, bytesIn: 0, bytesOut: 0 };
  const text = statusText(
    {
      ...STATUS,
      ...(STATUS.proxy && {
        proxy: {
          ...STATUS.proxy,
          mode: 'userspace',
          notRelayed: ['IPv6: RTNETLINK answers: Permission denied'],
          relays: {
            services: 3,
            open: 12,
            maxOpen: 50_000,
            accepted: 4711,
            retries: 9,
            failed: 40,
            refused: 0,
            triedLast: Array.from({ length: 7 }, (_, i) => ({
              port: 'shop/web:http',
              endpoint: `10.244.1.${i}:8080`,
            })),
            ports: [
              { ...port, port: 'shop/web:http', accepted: 4671, failed: 0 },
              { ...port, port: 'shop/db:sql', accepted: 40, failed: 40 },
            ],
          },
        },
      }),
    },
    NOW,
  );
  await expect(`${text}\n`).toMatchFileSnapshot(golden('userspace'));
});

test('a half that is off is told to be off', () => {
  const { proxy, dns, ...bare } = STATUS;
  expect(proxy && dns).toBeDefined();
  expect(statusText(bare, NOW)).toMatch(/^routing +off\ndns +off$/m);
});

test('before anything was read it tells what it waits for', () => {
  const reading = { kind: 'Service', synced: false, silentSeconds: -1, error: '' };
  const text = statusText(
    {
      ...STATUS,
      catalog: { ...STATUS.catalog, syncedAt: '' },
      sources: [reading, { ...reading, kind: 'Node' }],
    },
    NOW,
  );
  expect(text).toMatch(/^source +reading Service, Node$/m);
});

test('the version is that of the package', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8');
  expect(JSON.parse(text)).toMatchObject({ version: VERSION });
});
