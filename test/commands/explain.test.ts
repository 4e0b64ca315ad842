import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { explainRoute } from '../../src/agent/explaining/route.ts';
import { traceRoute } from '../../src/agent/names/traceRoute.ts';
import { type ControlSocket, openControlSocket, SOCKET_NAME } from '../../src/agent/serving/controlSocket.ts';
import { command } from '../../src/commands/explain.ts';
import { dispatch } from '../../src/commands/line/dispatch.ts';
import type { HttpRoutes } from '../../src/telemetry/httpAnswer.ts';
import { jsonReply } from '../../src/telemetry/httpAnswer.ts';
import { pictureOf, service, slice } from '../proxy/cluster.ts';
import { viewOf } from '../explain/explained.ts';

const SHOP = join(import.meta.dirname, '../../docs/examples/shop.yaml');
let folder: string;
let agent: ControlSocket | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-'));
  agent = undefined;
});
afterEach(async () => {
  await agent?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function explain(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const out = { stdout: '', stderr: '' };
  const code = await dispatch(
    { explain: () => Promise.resolve({ command }) },
    ['explain', ...args, '--run-dir', folder],
    {
      stdout: (text) => {
        out.stdout += `${text}\n`;
      },
      stderr: (text) => {
        out.stderr += `${text}\n`;
      },
      env: { NODE_NAME: 'node-1' },
    },
  );
  return { code, ...out };
}

async function startAgent(routes: HttpRoutes): Promise<void> {
  agent = await openControlSocket(join(folder, SOCKET_NAME), routes);
}

describe('wrong usage', () => {
  test.each([
    [[], 'which Service, name or address?'],
    [['shop/'], '"shop/" is no NAMESPACE/NAME, DNS name, address or :NODEPORT'],
    [['shop/web', 'shop/db'], 'unexpected argument "shop/db"'],
    [['shop/web', '--from', 'pod'], '--from: "pod" is no address'],
    [['shop/web', '-o', 'yaml'], '--output: "yaml" is none of text, json'],
  ])('%j', async (args, message) => {
    const { code, stderr } = await explain(...args);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `fairlead explain: ${message} (see fairlead explain --help)\n`,
    });
  });
});

test('neither agent nor source is a failure, and says so', async () => {
  expect(await explain('shop/web')).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /no agent runs here: .*; --manifests or --kubeconfig would tell from a source\n$/,
    ),
  });
});

test.each([
  ['shop/web', 0, 'shop/web would work: its rules lead to 2 endpoints, which were not tried'],
  ['10.96.40.7:80', 0, 'shop/web would work: its rules lead to 2 endpoints, which were not tried'],
  ['10.96.40.7:81', 1, 'Service shop/web has no port 81: its ports are http 80/TCP'],
  ['default/web', 1, /^there is no Service default\/web, but shop\/web/],
])('from a source: %s', async (what, code, first) => {
  const told = await explain(what, '--manifests', SHOP);
  expect(told).toMatchObject({ code, stderr: '' });
  expect(told.stdout.split('\n')[0]).toMatch(first);
});

test('as JSON: verdict, cause, names and all facts', async () => {
  const { code, stdout } = await explain(
    'shop/web',
    '-o',
    'json',
    '--manifests',
    SHOP,
    '--from',
    '10.244.1.9',
  );
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    asked: 'shop/web',
    works: true,
    cause: 'works',
    names: [{ name: 'web.shop.svc.cluster.local', type: 'A', rcode: 'NOERROR', records: ['A 10.96.40.7'] }],
    facts: {
      of: 'source',
      node: { name: 'node-1' },
      subject: { kind: 'service', entry: { service: { key: 'shop/web' } }, ports: ['http/TCP'] },
      routing: {
        mode: 'iptables',
        lanes: [
          { family: 'IPv4', plan: { name: 'shop/web:http' }, ways: [{ client: { address: '10.244.1.9' } }] },
        ],
      },
    },
  });
});

describe('asked of an agent', () => {
  const picture = pictureOf([service('shop/web', '10.96.0.20'), slice('shop/web', ['10.0.1.1'])]);

  test('it tells what it knows, of the client that is given, and tries connections unless it must not', async () => {
    const tried: string[] = [];
    const view = viewOf(picture, {
      machine: {
        connect: ({ address }) => {
          tried.push(address);
          return Promise.resolve({ result: 'refused', milliseconds: 1 });
        },
      },
    });
    await startAgent({
      '/explain': explainRoute(view),
      '/trace': traceRoute(() => Promise.reject(new Error('no query'))),
    });
    expect(await explain('shop/web')).toMatchObject({ code: 1, stderr: expect.stringContaining('no query') });
    expect(tried).toContain('10.0.1.1');
    tried.length = 0;
    await explain('shop/web', '--no-probe');
    expect(tried).toEqual([]);
  });

  test('one of another version is not misunderstood', async () => {
    await startAgent({ '/explain': () => jsonReply(200, { version: '0.0.1' }) });
    expect(await explain('shop/web')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the agent is of another version than this program'),
    });
  });

  test('one that knows no explanations says so', async () => {
    await startAgent({});
    expect(await explain('shop/web')).toMatchObject({ code: 1, stderr: expect.stringContaining('404') });
  });
});
