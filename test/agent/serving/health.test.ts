/** kube-proxy's table of /healthz and /livez, and what /readyz says. */
import { expect, test } from 'vitest';
import {
  type FamilyHealth,
  type HealthCounts,
  healthRoutes,
  type HealthView,
} from '../../../src/agent/serving/health.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const STARTED = Date.UTC(2026, 0, 1, 10);

/** IPv4 was synced at 11:04, IPv6 at 11:06. */
const family = (name: 'IPv4' | 'IPv6', waitingMs = 0): FamilyHealth => ({
  family: name,
  waitingMs,
  syncedAt: Date.UTC(2026, 0, 1, 11, name === 'IPv4' ? 4 : 6),
});
const WELL: readonly FamilyHealth[] = [family('IPv4'), family('IPv6')];

async function probe(path: string, view: Partial<HealthView>) {
  const counts: HealthCounts = { healthz: new Map(), livez: new Map() };
  const routes = healthRoutes(
    {
      families: () => WELL,
      startedAt: () => STARTED,
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

const told = async (path: string, view: Partial<HealthView>): Promise<unknown> =>
  JSON.parse((await probe(path, view)).reply?.body ?? '');

// Unhealthy when, for some family, the oldest change has waited for two sync periods; before the first change nothing
// has. The node's fate matters to /healthz only.
test.each<readonly [string, readonly FamilyHealth[], boolean, number]>([
  ['/healthz', WELL, true, 200],
  ['/healthz', [], true, 200],
  ['/healthz', [family('IPv4', 59_999), family('IPv6')], true, 200],
  ['/healthz', [family('IPv4', 60_000), family('IPv6')], true, 503],
  ['/healthz', [family('IPv4'), family('IPv6', 60_000)], true, 503],
  ['/healthz', WELL, false, 503],
  ['/livez', WELL, true, 200],
  ['/livez', WELL, false, 200],
  ['/livez', [], false, 200],
  ['/livez', [family('IPv4', 59_999), family('IPv6')], true, 200],
  ['/livez', [family('IPv4'), family('IPv6', 60_000)], true, 503],
])('%s with %j, the node eligible: %j, is %d', async (path, families, eligible, status) => {
  const { reply, counts } = await probe(path, { families: () => families, nodeEligible: () => eligible });
  expect(reply?.status).toBe(status);
  expect(reply?.contentType).toBe('application/json');
  expect([...(path === '/healthz' ? counts.healthz : counts.livez)]).toEqual([[status, 1]]);
});

const AT = {
  started: '2026-01-01T10:00:00.000Z',
  four: '2026-01-01T11:04:00.000Z',
  six: '2026-01-01T11:06:00.000Z',
};
const NOON = '2026-01-01T12:00:00.000Z';
const BOTH = { IPv4: { lastUpdated: AT.four, healthy: true }, IPv6: { lastUpdated: AT.six, healthy: true } };

// `lastUpdated` is now where the answer is 200, else when the last family was updated; each family tells its own.
test.each<readonly [string, string, Partial<HealthView>, object]>([
  [
    'all is well',
    '/healthz',
    {},
    { lastUpdated: NOON, currentTime: NOON, nodeEligible: true, healthy: true, status: BOTH },
  ],
  [
    'the node is being deleted',
    '/healthz',
    { nodeEligible: () => false },
    { lastUpdated: AT.six, currentTime: NOON, nodeEligible: false, healthy: true, status: BOTH },
  ],
  ['all is well', '/livez', {}, { lastUpdated: NOON, currentTime: NOON, healthy: true, status: BOTH }],
  [
    'updates of one family are stuck',
    '/livez',
    { families: () => [family('IPv4'), family('IPv6', 90_000)] },
    {
      lastUpdated: AT.six,
      currentTime: NOON,
      healthy: false,
      status: { ...BOTH, IPv6: { lastUpdated: AT.six, healthy: false } },
    },
  ],
  [
    'nothing was ever synced, and is late',
    '/livez',
    { families: () => [{ family: 'IPv4', waitingMs: 70_000, syncedAt: STARTED }] },
    {
      lastUpdated: AT.started,
      currentTime: NOON,
      healthy: false,
      status: { IPv4: { lastUpdated: AT.started, healthy: false } },
    },
  ],
  [
    'nothing is routed',
    '/livez',
    { families: () => [] },
    { lastUpdated: NOON, currentTime: NOON, healthy: true },
  ],
])('where %s, %s says so as kube-proxy does', async (_, path, view, body) => {
  expect(await told(path, view)).toEqual(body);
});

test('/readyz says where what is known comes from', async () => {
  const parts = new Map(['source', 'rules', 'dns'].map((part) => [part, '']));
  const view = { readiness: async () => parts, restoredFrom: () => NOW - 60_000 };
  expect((await probe('/readyz', view)).reply).toMatchObject({
    status: 200,
    body: '[+]source ok: from the snapshot of 2026-01-01T11:59:00.000Z, the API server has not been read yet\n[+]rules ok\n[+]dns ok\nreadyz check passed\n',
  });
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
