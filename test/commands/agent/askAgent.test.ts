import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { askAgent, NoAgentError } from '../../../src/commands/agent/askAgent.ts';

/** Path of a control socket that is answered so. */
async function socket(answer: RequestListener): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-'));
  const path = join(folder, 's');
  const server = createServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(path, resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  return path;
}

test('an agent that is stuck is waited for no longer than it should take', async () => {
  const path = await socket(() => undefined);
  await expect(askAgent(path, '/status', { timeoutMs: 50 })).rejects.toThrow(
    `the agent does not answer on ${path}: it is stuck or stopped`,
  );
});

test('one that ends meanwhile is told so', async () => {
  const path = await socket((request) => request.socket.destroy());
  await expect(askAgent(path, '/status')).rejects.toThrow('the agent ended while it was asked');
});

test('that there is none is another kind of error', async () => {
  await expect(askAgent('/nowhere/fairlead.sock', '/status')).rejects.toThrow(NoAgentError);
});

test('an agent says in its own words why it will not', async () => {
  const path = await socket((_, response) => {
    response.writeHead(409).end('not switched: no endpoint answers\n');
  });
  await expect(askAgent(path, '/mode?to=userspace', { method: 'POST' })).rejects.toThrow(
    /^not switched: no endpoint answers$/,
  );
});

test('one that is stuck is found out soon, however long its answer might take', async () => {
  const asked: string[] = [];
  const path = await socket((request) => asked.push(request.url ?? ''));
  await expect(askAgent(path, '/mode', { timeoutMs: 3_600_000, aliveMs: 50 })).rejects.toThrow(
    'the agent does not answer',
  );
  expect(asked).toEqual(['/config']);
});

test('one that answers anything is asked, and waited for', async () => {
  const path = await socket((request, response) => {
    if (request.url === '/config') response.writeHead(404).end();
    else setTimeout(() => response.end('{"mode":"userspace"}'), 100);
  });
  expect(await askAgent(path, '/mode', { timeoutMs: 3_600_000, aliveMs: 60_000 })).toEqual({
    mode: 'userspace',
  });
});
