import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { healthAnswer } from '../../../src/proxy/health/healthAnswer.ts';

test('the bytes of the body', () => {
  const { body } = healthAnswer({ namespace: 'shop', name: 'web', localReady: 2, proxyHealthy: true });
  // Not a snapshot: kube-proxy's bytes are not ours to rewrite. They end without a line feed.
  const golden = readFileSync(join(import.meta.dirname, '../../golden/proxy/health-check.json'), 'utf8');
  expect(body).toBe(golden);
});

test.each([
  [2, true, 200],
  [1, true, 200],
  [0, true, 503],
  [2, false, 503],
  [0, false, 503],
])('%i local endpoints, proxy healthy: %s: %i', (localReady, proxyHealthy, status) => {
  const answer = healthAnswer({ namespace: 'shop', name: 'web', localReady, proxyHealthy });
  expect(answer.status).toBe(status);
  expect(answer.headers).toEqual({
    'Content-Type': 'application/json',
    'X-Content-Type-Options': 'nosniff',
    'X-Load-Balancing-Endpoint-Weight': String(localReady),
  });
  expect(JSON.parse(answer.body)).toEqual({
    service: { namespace: 'shop', name: 'web' },
    localEndpoints: localReady,
    serviceProxyHealthy: proxyHealthy,
  });
});
