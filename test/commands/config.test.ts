import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openControlSocket, SOCKET_NAME } from '../../src/agent/serving/controlSocket.ts';
import { command } from '../../src/commands/config.ts';
import { settingsInForce } from '../../src/config/inForce.ts';
import { loadSettings } from '../../src/config/load.ts';
import { TABLE } from '../../src/config/tables/table.ts';
import { jsonReply } from '../../src/telemetry/httpAnswer.ts';

const FILE = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clusterCIDR: 10.244.0.0/16,fd00:10:244::/56
iptables:
  masqueradeBit: 9
enableProfiling: true
`;

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'fairlead-config-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

async function show(...args: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await command.run(['show', ...args], {
    stdout: (text) => out.push(text),
    stderr: (text) => err.push(text),
    env: { NODE_NAME: 'n1' },
  });
  return { code, out: out.join('\n'), err };
}

test('what is not a default is told with where it comes from', async () => {
  const file = join(folder(), 'kp.conf');
  writeFileSync(file, FILE);
  const { out, err } = await show('--config', file, '--proxy-mode', 'userspace', '--changed');
  expect(out.replaceAll(file, 'kp.conf').split('\n')).toEqual([
    'nodeName       n1                                $NODE_NAME',
    'clusterCIDR    ["10.244.0.0/16","fd00:10:244::/56"]  kp.conf:3: clusterCIDR',
    'mode           userspace                         --proxy-mode',
    'masqueradeBit  9                                 kp.conf:5: iptables.masqueradeBit',
  ]);
  expect(err).toEqual([`${file}:6: enableProfiling has no effect here: no profiles are served`]);
});

test('everything is there, as plain data', async () => {
  const { out } = await show('-o', 'json', '--healthz-bind-address', '[::1]:1', '--metrics-bind-address=');
  const shown = JSON.parse(out) as readonly { key: string; flag: string; value: unknown; from: string }[];
  expect(shown.map(({ key }) => key)).toEqual(Object.keys(TABLE));
  const of = (key: string): unknown => shown.find((one) => one.key === key);
  expect(of('healthzBindAddress')).toEqual({
    key: 'healthzBindAddress',
    flag: '--healthz-bind-address',
    value: '[::1]:1',
    from: '--healthz-bind-address',
  });
  expect(of('metricsBindAddress')).toMatchObject({ value: '' });
  expect(of('dnsTTL')).toEqual({ key: 'dnsTTL', flag: '--dns-ttl', value: 30, from: 'default' });
});

test('of a running agent', async () => {
  const runDir = folder();
  const { settings, origins } = await loadSettings(
    { 'dns-ttl': '7' },
    { env: {}, hostname: () => 'n7', readText: () => Promise.reject(new Error('none')) },
  );
  const told = settingsInForce(settings, origins);
  const socket = await openControlSocket(join(runDir, SOCKET_NAME), {
    '/config': () => jsonReply(200, told),
  });
  onTestFinished(() => socket.close());
  expect((await show('--running', '--changed', '--run-dir', runDir)).out).toBe('dnsTTL  7  --dns-ttl');
});

test('who gives no flags may mean the agent that runs: it is said whose settings these are', async () => {
  expect((await show()).err).toEqual([
    "without flags, as 'run' would have it: --running asks the agent on this node",
  ]);
  expect((await show('--changed')).err).toEqual([]);
});
