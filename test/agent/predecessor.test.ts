import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openControlSocket } from '../../src/agent/serving/controlSocket.ts';
import { LEAVING_PATH, leavingRoute, predecessorGone } from '../../src/agent/predecessor.ts';

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
  const agent = await openControlSocket(path, { [LEAVING_PATH]: leavingRoute(() => false) });
  await predecessorGone(path);
  await agent.close();
});

test('one that stops is waited for, and the socket is free then', async () => {
  const asked = Promise.withResolvers<void>();
  const route = leavingRoute(() => true);
  const agent = await openControlSocket(path, {
    [LEAVING_PATH]: (question) => {
      asked.resolve();
      return route?.(question) ?? Promise.reject(new Error('no route'));
    },
  });
  const told: string[] = [];
  const gone = predecessorGone(path).then(() => told.push('gone'));
  await asked.promise;
  expect(told).toEqual([]);
  told.push('closing');
  await agent.close();
  await gone;
  expect(told).toEqual(['closing', 'gone']);
  await (await openControlSocket(path, {})).close();
});
