/** Other programs hold the lock of iptables-legacy: a sync waits for it, and fails nothing. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { makeNode } from './iptablesNode.ts';

test('a sync waits for the lock that another program holds', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-'));
  // The lock of the sandbox is that of other tests too.
  process.env['XTABLES_LOCKFILE'] = join(folder, 'lock');
  onTestFinished(() => {
    delete process.env['XTABLES_LOCKFILE'];
    rmSync(folder, { recursive: true, force: true });
  });
  const node = await makeNode('legacy');
  await using _ = node.net;
  const backend = await node.backend();
  const script = 'flock "$XTABLES_LOCKFILE" sh -c "echo held; read _"';
  const holder = node.net.start(node.clients.node, 'sh', '-c', script);
  await once(holder.stdout, 'data');

  let done = false;
  const sync = backend.sync(node.catalog.picture, undefined).finally(() => {
    done = true;
  });
  // Longer than a sync takes; it cannot end before the lock is free, however slow the machine.
  await sleep(700);
  expect(done).toBe(false);
  expect((await node.exec.run(['iptables-legacy-save'])).stdout).not.toContain('KUBE-SVC');
  holder.stdin?.end('\n');
  expect(await sync).toMatchObject({ services: 9, setAside: [] });
  expect((await node.exec.run(['iptables-legacy-save'])).stdout).toContain('KUBE-SVC');
});
