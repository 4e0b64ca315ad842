import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openControlSocket } from '../../../src/agent/serving/controlSocket.ts';
import { askAgent } from '../../../src/commands/agent/askAgent.ts';
import { jsonReply } from '../../../src/telemetry/httpAnswer.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const routes = { '/status': () => jsonReply(200, { node: 'n1' }) };

test('a command asks the agent over the socket, which only its owner may open', async () => {
  const path = join(folder, 'deep/run/fairlead.sock');
  const socket = await openControlSocket(path, routes);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await askAgent(path, '/status')).toEqual({ node: 'n1' });
  await socket.close();
});

test('a second agent is refused, and does not take the socket away', async () => {
  const path = join(folder, 'fairlead.sock');
  const socket = await openControlSocket(path, routes);
  await expect(openControlSocket(path, routes)).rejects.toThrow(
    `another agent is running: it answers on ${path}`,
  );
  expect(await askAgent(path, '/status')).toEqual({ node: 'n1' });
  await socket.close();
});

test('the socket that a killed agent left behind is replaced', async () => {
  const path = join(folder, 'fairlead.sock');
  const dead = createServer();
  await new Promise<void>((resolve) => dead.listen(join(folder, 'other.sock'), resolve));
  // A rename keeps the file when its server closes: what SIGKILL leaves.
  const { renameSync } = await import('node:fs');
  renameSync(join(folder, 'other.sock'), path);
  await new Promise((resolve) => dead.close(resolve));
  expect(statSync(path).isSocket()).toBe(true);
  await expect(askAgent(path, '/status')).rejects.toMatchObject({ name: 'NoAgentError' });

  const socket = await openControlSocket(path, routes);
  expect(await askAgent(path, '/status')).toEqual({ node: 'n1' });
  await socket.close();
});

test('without an agent the error says so and names the socket', async () => {
  const path = join(folder, 'fairlead.sock');
  await expect(askAgent(path, '/status')).rejects.toThrow(`no agent runs here: nobody answers on ${path}`);
});

test('what the agent refuses is told in its words', async () => {
  const path = join(folder, 'fairlead.sock');
  const socket = await openControlSocket(path, routes);
  await expect(askAgent(path, '/explain')).rejects.toThrow('the agent answered 404: not found');
  await socket.close();
});
