import { expect, test } from 'vitest';
import { type HealthCounts, healthRoutes, type HealthView } from '../../src/agent/health.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const SYNCED = Date.UTC(2026, 0, 1, 11);

async function probe(path: string, view: Partial<HealthView>) {
  const counts: HealthCounts = { healthz: new Map(), livez: new Map() };
  const routes = healthRoutes(
    {
      waitingMs: () => 0,
      syncedAt: () => SYNCED,
      families: () => ['IPv4', 'IPv6'],
      nodeEligible: () => true,
      now: () => NOW,
      stopping: () => false,
      namesOpened: () => true,
      readiness: async () => new Map(),
      restoredFrom: () => undefined,
      ...view,
    },
    counts,
  );
  const reply = await routes[path]?.({ method: 'GET', query: new URLSearchParams() });
  return { reply, counts };
}

// kube-proxy's table: unhealthy when changes have waited for two sync periods; the node's fate matters to /healthz only.
test.each([
  ['/healthz', { waitingMs: 0, nodeEligible: true }, 200],
  ['/healthz', { waitingMs: 59_999, nodeEligible: true }, 200],
  ['/healthz', { waitingMs: 60_000, nodeEligible: true }, 503],
  ['/healthz', { waitingMs: 0, nodeEligible: false }, 503],
  ['/livez', { waitingMs: 0, nodeEligible: false }, 200],
  ['/livez', { waitingMs: 60_000, nodeEligible: true }, 503],
])('%s with %j is %d', async (path, { waitingMs, nodeEligible }, status) => {
  const { reply } = await probe(path, { waitingMs: () => waitingMs, nodeEligible: () => nodeEligible });
  expect(reply?.status).toBe(status);
});

test("the body is kube-proxy's", async () => {
  const now = '2026-01-01T12:00:00.000Z';
  const { reply } = await probe('/healthz', {});
  expect(JSON.parse(reply?.body ?? '')).toEqual({
    lastUpdated: now,
    currentTime: now,
    nodeEligible: true,
    healthy: true,
    status: { IPv4: { lastUpdated: now, healthy: true }, IPv6: { lastUpdated: now, healthy: true } },
  });
});

test('while updates are stuck it tells when the last one went in, and /livez leaves the node out', async () => {
  const { reply, counts } = await probe('/livez', { waitingMs: () => 90_000, families: () => ['IPv4'] });
  const lastUpdated = '2026-01-01T11:00:00.000Z';
  expect(JSON.parse(reply?.body ?? '')).toEqual({
    lastUpdated,
    currentTime: '2026-01-01T12:00:00.000Z',
    healthy: false,
    status: { IPv4: { lastUpdated, healthy: false } },
  });
  expect([...counts.livez]).toEqual([[503, 1]]);
});

test('/readyz names each part', async () => {
  const parts = new Map([
    ['rules', ''],
    ['dns', 'no address to answer on'],
  ]);
  const { reply } = await probe('/readyz', { readiness: async () => parts });
  expect(reply).toMatchObject({
    status: 503,
    body: '[+]rules ok\n[-]dns failed: no address to answer on\nreadyz check failed\n',
  });
  expect((await probe('/readyz', { readiness: async () => new Map([['rules', '']]) })).reply).toMatchObject({
    status: 200,
    body: '[+]rules ok\nreadyz check passed\n',
  });
});
