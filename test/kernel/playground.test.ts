import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemExec } from '../../src/host/exec.ts';
import { STORY } from '../../src/playground/demo/story.ts';
import { eventually } from '../support/eventually.ts';

const RESOLVER = join(import.meta.dirname, '../support/resolverProgram.ts');
const FAIRLEAD = join(import.meta.dirname, '../../bin/fairlead');

/** Bounds, not expectations: far above what each takes on a busy machine. */
const UP = 120_000;
const SOON = 60_000;

describe('an open playground', () => {
  let outside: ChildProcess;
  let text = '';
  let folder = '';
  let api = '';

  beforeAll(async () => {
    outside = spawn(FAIRLEAD, ['playground'], { stdio: ['ignore', 'pipe', 'inherit'] });
    outside.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    await eventually(() => expect(text).toContain('SIGTERM or SIGINT ends it'));
    folder = /^Folder: +(\S+)$/m.exec(text)?.[1] ?? '';
    api = /server: (\S+)/.exec(readFileSync(join(folder, 'kubeconfig'), 'utf8'))?.[1] ?? '';
  }, UP);

  afterAll(() => outside.kill('SIGKILL'));

  /** Output of a shell command in a machine of this playground. */
  async function inMachine(machine: string, command: string): Promise<string> {
    const argv = ['playground', 'exec', '--folder', folder, machine, '--', 'sh', '-c', command];
    const { stdout, stderr } = await systemExec.run([FAIRLEAD, ...argv], { timeoutMs: SOON });
    return stdout + stderr;
  }

  test('a Service made through the API is reached by name from pods of both nodes', async () => {
    const service = {
      metadata: { name: 'web' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
    };
    const reply = await fetch(`${api}/api/v1/namespaces/shop/services`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(service),
    });
    expect(reply.status).toBe(201);
    for (const [client, address] of [
      ['client-1', '10.244.1.2'],
      ['client-2', '10.244.2.2'],
    ] as const) {
      await eventually(async () =>
        expect(await inMachine(client, 'curl -sS -m 3 http://web/')).toMatch(
          new RegExp(`^web-\\d on node-\\d, asked by ${address}:\\d+\\n$`),
        ),
      );
    }
    // A pod reaches the API server by its Service, too.
    expect(await inMachine('client-2', 'curl -sSk -m 10 https://kubernetes.default.svc/version')).toContain(
      'gitVersion',
    );
    expect(await inMachine('web-3', 'getent ahostsv4 web.shop.svc.cluster.local')).toContain('10.96.');
  });

  test.each(['node', 'musl', 'go'])('a pod resolves as %s does it', async (library) => {
    const ip = /^(\S+)/.exec(await inMachine('client-1', 'getent ahostsv4 web'))?.[1] ?? 'none';
    expect(ip).toMatch(/^10\.96\./);
    const names = [
      'web',
      'web.shop',
      'web.shop.svc',
      'web.shop.svc.cluster.local',
      'web.shop.svc.cluster.local.',
    ];
    const told = await inMachine(
      'client-1',
      `${process.execPath} ${RESOLVER} ${library} ${names.join(' ')} nope.shop.svc.cluster.local.`,
    );
    const found = names.map((name) => `${name} ${ip}`);
    expect(told.trim().split('\n')).toEqual([...found, 'nope.shop.svc.cluster.local.']);
  });

  test('names resolve by way of the other node when the agent is killed', async () => {
    await inMachine('node-1', 'kill -9 $(cat /run/agent.pid)');
    await eventually(() => expect(text).toContain('the agent of node-1 ended'));
    await eventually(async () =>
      expect(await inMachine('client-1', 'curl -sS -m 3 http://web/')).toMatch(/^web-\d on/),
    );
  });

  test('a background job in a machine ends with the playground, however that ends', async () => {
    const mark = `${300 + Math.random()}`;
    await inMachine('web-1', `sleep ${mark} >/dev/null 2>&1 & sleep 0.1`);
    expect(processesWith(mark)).toHaveLength(1);
    outside.kill('SIGKILL');
    await once(outside, 'exit');
    await eventually(() => expect([...processesWith(mark), ...processesWith(folder)]).toEqual([]));
    await eventually(() => expect(existsSync(folder)).toBe(false));
  });
});

test(
  'the demo, in a pipe: every step in order, no colours, and exit code 0',
  async () => {
    const { code, stdout, stderr } = await systemExec.run([FAIRLEAD, 'playground', '--demo'], {
      timeoutMs: 2 * UP,
    });
    const told = stdout.split('\n').filter((line) => /^ {2}[✓✗]/.test(line));
    expect(told, stderr).toEqual(STORY.map(({ title }) => `  ✓ ${title}`));
    expect(stdout).not.toContain('\u001B');
    expect(code).toBe(0);
  },
  2 * UP,
);

/** Command lines of processes that mention the text. */
function processesWith(part: string): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && pid !== String(process.pid))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        // It ended while we looked.
        return '';
      }
    })
    .filter((line) => line.includes(part));
}
