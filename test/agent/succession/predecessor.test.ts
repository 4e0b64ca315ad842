import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openControlSocket } from '../../../src/agent/serving/controlSocket.ts';
import { type HttpReply, textReply } from '../../../src/telemetry/httpAnswer.ts';
import { LEAVING_PATH, leavingRoute, predecessorGone } from '../../../src/agent/succession/predecessor.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-'));
  path = join(folder, 'fairlead.sock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('where nobody was, nobody is waited for', async () => {
  await predecessorGone(path);
});

test('nor is an agent that stays', async () => {
  const agent = await openControlSocket(path, { [LEAVING_PATH]: leavingRoute(() => undefined) });
  await predecessorGone(path);
  await agent.close();
});

/** An agent that stops, and takes so long; `asked` resolves when its end is waited for. */
async function leaving(limitMs: number) {
  const asked = Promise.withResolvers<void>();
  const route = leavingRoute(() => limitMs);
  const socket = await openControlSocket(path, {
    [LEAVING_PATH]: (question) => {
      if (!question.query.has('limit')) asked.resolve();
      return route?.(question) ?? Promise.reject(new Error('no route'));
    },
  });
  return { asked: asked.promise, close: () => socket.close() };
}

test('one that stops is waited for, and the socket is free then', async () => {
  const agent = await leaving(5_000);
  const told: string[] = [];
  const gone = predecessorGone(path).then(() => told.push('gone'));
  await agent.asked;
  expect(told).toEqual([]);
  told.push('closing');
  await agent.close();
  await gone;
  expect(told).toEqual(['closing', 'gone']);
  await (await openControlSocket(path, {})).close();
});

// With --relay-stop-drain 30s a successor once gave up after 10 s, found its predecessor there, and ended.
test('for as long as it says that it takes, however long others are waited for', async () => {
  const agent = await leaving(600_000);
  const told: string[] = [];
  const gone = predecessorGone(path, 20).then(() => told.push('gone'));
  await agent.asked;
  await sleep(200);
  told.push('closing');
  await agent.close();
  await gone;
  expect(told).toEqual(['closing', 'gone']);
});

test.each<readonly [string, () => Promise<HttpReply>]>([
  ['says nothing, as an agent that is stuck', () => new Promise(() => undefined)],
  ['says how long and cannot be understood', () => Promise.resolve(textReply(200, 'soon\n'))],
])('one that %s is given up', async (_, answer) => {
  const agent = await openControlSocket(path, {
    [LEAVING_PATH]: ({ query }) => (query.has('limit') ? answer() : new Promise(() => undefined)),
  });
  await predecessorGone(path, 20);
  await agent.close();
});
