import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openControlSocket, SOCKET_NAME, type ControlSocket } from '../../src/agent/serving/controlSocket.ts';
import { traceRoute } from '../../src/agent/names/traceRoute.ts';
import { command } from '../../src/commands/resolve.ts';
import { answeredBy, type Answered } from '../../src/dns/server/step.ts';
import { decode, encode } from 'dns-packet';
import { type Ran, runCommand } from './support/runCommand.ts';
import { service, WEB } from '../support/manifests.ts';

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

function resolve(...args: string[]): Promise<Ran> {
  return runCommand(command, ...args, '--trace', '--run-dir', folder);
}

const asked: { name: string; client: string }[] = [];

/** An agent that answers everything with one address, by this step. */
async function startAgent(step: Answered['step'], upstream: string): Promise<void> {
  asked.length = 0;
  const trace = async (query: Uint8Array, client: string): Promise<Answered> => {
    const { id, questions } = decode(Buffer.from(query));
    const name = questions[0]?.name ?? '';
    asked.push({ name, client });
    const answers = [{ name, type: 'A' as const, ttl: 25, data: '192.0.2.1' }];
    const reply = encode({ type: 'response', id, flags: 0x180, questions, answers });
    return { ...answeredBy(step, reply), upstream };
  };
  agent = await openControlSocket(join(folder, SOCKET_NAME), { '/trace': traceRoute(trace) });
}

test('the agent tells which step answered, and from where', async () => {
  await startAgent('cache', '10.0.0.2:53');
  const { code, stdout } = await resolve('example.com', '--client', '10.244.1.2');
  expect(stdout).toBe(
    [
      'example.com.     25  A      192.0.2.1',
      '; NOERROR, from the agent of this node',
      '; answered by the cache, from 10.0.0.2:53, kept for 25 s more',
      '',
    ].join('\n'),
  );
  expect(code).toBe(0);
  expect(asked).toEqual([{ name: 'example.com', client: '10.244.1.2' }]);
});

test('as JSON', async () => {
  await startAgent('forward', '10.0.0.2:53');
  const { stdout } = await resolve('example.com', '-o', 'json');
  expect(JSON.parse(stdout)).toMatchObject({ step: 'forward', upstream: '10.0.0.2:53', rcode: 'NOERROR' });
});

test('without an agent it is told from the source', async () => {
  const manifests = join(folder, 'objects.yaml');
  writeFileSync(
    manifests,
    [...WEB, service('db', '10.96.0.30', 5432)].map((one) => JSON.stringify(one)).join('\n---\n'),
  );
  expect(await resolve('db.shop.svc.cluster.local', '--manifests', manifests)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /10\.96\.0\.30\n; NOERROR, from .*objects\.yaml\n; answered by the cluster's own zone\n$/,
    ),
  });
  expect(await resolve('gone.shop.svc.cluster.local', '--manifests', manifests)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no Service shop/gone'),
  });
});

test('with neither it says what would help', async () => {
  expect(await resolve('web.shop.svc.cluster.local')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^fairlead resolve: no agent runs here: .*; --manifests or --kubeconfig would tell/,
    ),
  });
});

test('a client that is no address', async () => {
  expect(await resolve('web', '--client', 'pod')).toMatchObject({ code: 2 });
});
