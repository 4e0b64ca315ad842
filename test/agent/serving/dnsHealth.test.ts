import { expect, test } from 'vitest';
import { dnsHealthRoutes, dnsReadyRoutes } from '../../../src/agent/serving/dnsHealth.ts';

interface Row {
  readonly when: string;
  readonly opened: boolean;
  readonly parts: Readonly<Record<string, string>>;
  readonly said: readonly string[];
}

const WELL = { source: '', rules: '', dns: '' };

test.each<Row>([
  { when: 'all is well', opened: true, parts: WELL, said: ['200 OK', '200 OK', '200 OK'] },
  {
    when: 'it still reads the cluster',
    opened: false,
    parts: { ...WELL, dns: 'not opened yet' },
    said: ['200 OK', '503 not opened yet\n', '503 dns'],
  },
  {
    when: 'nobody answers',
    opened: true,
    parts: { ...WELL, dns: 'no answer' },
    said: ['503 no answer\n', '503 no answer\n', '503 dns'],
  },
  {
    when: 'rules fail',
    opened: true,
    parts: { ...WELL, rules: 'failed' },
    said: ['200 OK', '200 OK', '503 rules'],
  },
  {
    when: 'it stops',
    opened: true,
    parts: { agent: 'stopping', ...WELL },
    said: ['200 OK', '200 OK', '503 agent'],
  },
])('when $when', async ({ opened, parts, said }) => {
  const view = { namesOpened: () => opened, readiness: async () => new Map(Object.entries(parts)) };
  const routes = { ...dnsHealthRoutes(view), ...dnsReadyRoutes(view) };
  const replies: string[] = [];
  for (const path of ['/health', '/healthz', '/ready']) {
    const reply = await routes[path]?.({ method: 'GET', query: new URLSearchParams() });
    replies.push(`${reply?.status} ${reply?.body}`);
  }
  expect(replies).toEqual(said);
});
