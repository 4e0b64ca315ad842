/** docs/INSTALL.md in the playground, command by command: from an empty cluster to a DaemonSet, a Service and its name. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ExecResult, systemExec } from '../../src/host/exec.ts';
import { commandsOf } from '../deploy/support/guide.ts';
import { hasKubectl, WITHOUT_KUBECTL } from '../deploy/support/kustomize.ts';
import { CAPABILITIES, maskOf } from '../image/daemonSet.ts';
import { eventually } from '../support/eventually.ts';

const ROOT = join(import.meta.dirname, '../..');
const FAIRLEAD = join(ROOT, 'bin/fairlead');

/** Bounds, not expectations: far above what each takes on a busy machine. */
const ROLLED_OUT = 120_000;

interface Step {
  /** A part of the command. */
  readonly command: string;
  readonly says: RegExp;
  /** What holds then. */
  readonly holds?: () => Promise<void>;
}

/** As the reader's shell does, in the clone. */
type Shell = (command: string) => Promise<ExecResult>;

/** A playground of the test's own, so that a second try begins anew. */
async function openPlayground(): Promise<Shell> {
  const playground = spawn(FAIRLEAD, ['playground', '--no-agent'], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void playground.kill('SIGKILL'));
  let text = '';
  playground.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await eventually(() => expect(text).toContain('SIGTERM or SIGINT ends it'));
  const told = /export KUBECONFIG=\S+/.exec(text)?.[0] ?? '';
  // Other tests have playgrounds, too: this one is chosen by the reader's own `export`.
  return (command) =>
    systemExec.run(['sh', '-c', `${told} && cd '${ROOT}' && ${command}`], { timeoutMs: ROLLED_OUT });
}

function storyOf(run: Shell): readonly Step[] {
  const onNode = async (command: string): Promise<string> =>
    (await run(`bin/fairlead playground exec node-1 -- ${command}`)).stdout;
  return [
    { command: 'create configmap fairlead-api-server', says: /created/ },
    { command: 'apply --server-side -k deploy/base', says: /daemonset\.apps\/fairlead serverside-applied/ },
    {
      command: 'rollout status daemonset fairlead',
      says: /successfully rolled out/,
      async holds() {
        const status = await onNode("sh -c 'cat /proc/$(cat /run/agent.pid)/status'");
        expect(/CapBnd:\s+(\S+)/.exec(status)?.[1]).toBe(maskOf(CAPABILITIES));
        expect(/CapEff:\s+(\S+)/.exec(status)?.[1]).toBe(maskOf(CAPABILITIES));
        expect(status).toMatch(/NoNewPrivs:\s+1/);
        const settings = await onNode('fairlead config show --running --changed');
        expect(settings).toMatch(/nodeName +node-1 +\$NODE_NAME\n/);
        expect(settings).toContain('/etc/fairlead/fairlead.yaml:');
      },
    },
    { command: 'apply --server-side --force-conflicts -k deploy/dns-service', says: /service\/kube-dns/ },
    {
      command: 'get pods,services',
      says: /pod\/fairlead-\w+ +1\/1 +Running +0 .*node-1[^]*service\/kube-dns +ClusterIP +10\.96\.0\.10 /,
    },
    { command: 'create service clusterip web', says: /service\/web created/ },
    { command: 'exec client-1 -- curl', says: /^web-\d on node-\d, asked by \S+\n$/ },
    { command: 'exec node-1 -- fairlead status', says: /^ready +yes$/m },
    {
      command: 'delete -k deploy/base',
      says: /daemonset\.apps "fairlead" deleted/,
      async holds() {
        const pods = 'kubectl -n kube-system get pods -o name';
        await eventually(async () => expect((await run(pods)).stdout).toBe(''));
        // What is in the kernel stays.
        expect(await onNode('iptables-save -t nat')).toContain('shop/web');
      },
    },
    {
      command: 'exec node-1 -- fairlead cleanup',
      says: /removed/,
      holds: async () => expect(await onNode('iptables-save -t nat')).not.toContain('KUBE-'),
    },
  ];
}

describe.skipIf(!hasKubectl)(`docs/INSTALL.md in the playground${WITHOUT_KUBECTL}`, () => {
  test('each command does what is said', { timeout: 4 * ROLLED_OUT }, async () => {
    const commands = commandsOf('docs/INSTALL.md', 'playground');
    const run = await openPlayground();
    const story = storyOf(run);
    expect(commands).toHaveLength(story.length);
    for (const [i, { command, says, holds }] of story.entries()) {
      const written = commands[i] ?? '';
      expect(written).toContain(command);
      const { code, stdout, stderr } = await run(written);
      expect({ written, code, stderr }).toMatchObject({ written, code: 0 });
      expect(stdout, written).toMatch(says);
      await holds?.();
    }
  });
});
