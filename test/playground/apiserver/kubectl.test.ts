/** A session with the real kubectl: $KUBECTL, or the one on PATH. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemExec } from '../../../src/host/exec.ts';
import { ApiServer } from '../../../src/playground/apiserver/apiServer.ts';

const KUBECTL = process.env['KUBECTL'] ?? 'kubectl';
const found = spawnSync(KUBECTL, ['version', '--client']).error === undefined;

const MANIFEST = (port: number): string => `
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec:
  selector: {app: api}
  ports:
  - {name: http, port: 80, targetPort: ${port}}
  - {name: metrics, port: 9090}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {colour: blue}
`;

interface Step {
  readonly command: string;
  readonly stdin?: string;
  readonly code?: number;
  /** It runs until the server ends its watch. */
  readonly watches?: boolean;
  /** In stdout, or in stderr of a command that fails. */
  readonly says: RegExp;
}

const SESSION: readonly Step[] = [
  { command: 'create namespace shop', says: /^namespace\/shop created/ },
  { command: 'apply -f -', stdin: MANIFEST(8080), says: /service\/api created\nconfigmap\/settings created/ },
  {
    command: 'apply -f -',
    stdin: MANIFEST(8080),
    says: /service\/api unchanged\nconfigmap\/settings unchanged/,
  },
  {
    command: 'apply -f -',
    stdin: MANIFEST(8081),
    says: /service\/api configured\nconfigmap\/settings unchanged/,
  },
  {
    command: 'get svc -n shop -o wide',
    says: /^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE +SELECTOR\napi +ClusterIP +10\.\S+ +<none> +80\/TCP,9090\/TCP +\d+s +app=api/,
  },
  { command: 'describe svc api -n shop', says: /TargetPort: +8081\/TCP[^]*Events: +<none>/ },
  {
    command: 'apply --server-side --force-conflicts --field-manager=me -f -',
    stdin: MANIFEST(8082),
    says: /service\/api serverside-applied/,
  },
  { command: 'patch svc api -n shop -p {"spec":{"type":"NodePort"}}', says: /service\/api patched/ },
  { command: 'label svc api -n shop tier=back', says: /service\/api labeled/ },
  {
    command:
      'get svc -n shop -l tier=back -o jsonpath={.items[0].spec.ports[0].targetPort},{.items[0].spec.type}',
    says: /^8082,NodePort$/,
  },
  {
    command: 'create deployment web -n shop --image=nginx:1 --port=80 --replicas=2',
    says: /deployment\.apps\/web created/,
  },
  { command: 'scale deployment web -n shop --replicas=0', says: /deployment\.apps\/web scaled/ },
  { command: 'get deployment web -n shop', says: /web +0\/0 +0 +0 +\d+s/ },
  { command: 'expose deployment web -n shop --port=80', says: /service\/web exposed/ },
  { command: 'run box -n shop --image=busybox', says: /pod\/box created/ },
  { command: 'get pod box -n shop -o yaml', says: /kind: Pod\n[^]*phase: Pending/ },
  { command: 'get svc -n shop --watch', watches: true, says: /api +NodePort[^]*web +ClusterIP/ },
  {
    command: 'apply -f -',
    stdin: 'apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {prots: []}',
    code: 1,
    says: /unknown field "spec.prots"/,
  },
  {
    command: 'apply -f -',
    stdin: 'apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: [{port: 0}]}',
    code: 1,
    says: /spec\.ports\[0\]\.port: Invalid value: 0/,
  },
  { command: 'delete svc api web -n shop', says: /service "api" deleted/ },
  { command: 'delete namespace shop', says: /namespace "shop" deleted/ },
  { command: 'get all -n shop', says: /^$/ },
];

describe.skipIf(!found)(found ? 'kubectl' : `kubectl (neither on PATH nor in $KUBECTL)`, () => {
  const api = new ApiServer();
  const home = mkdtempSync(join(tmpdir(), 'fairlead-kubectl-'));

  beforeAll(async () => {
    await api.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(async () => {
    await api.close();
    rmSync(home, { recursive: true });
  });

  const run = ({ command, stdin = '' }: Step): ReturnType<typeof systemExec.run> =>
    systemExec.run(
      [
        KUBECTL,
        `--server=${api.url}`,
        '--kubeconfig=/dev/null',
        `--cache-dir=${home}`,
        ...command.split(' '),
      ],
      { stdin },
    );

  const endWatch = async (): Promise<void> => {
    while (api.faults.openWatches === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    api.faults.endWatches();
  };

  test('a session', { timeout: 240_000 }, async () => {
    for (const step of SESSION) {
      const running = run(step);
      if (step.watches === true) await endWatch();
      const { code, stdout, stderr } = await running;
      expect
        .soft({ command: step.command, code, stderr })
        .toMatchObject({ command: step.command, code: step.code ?? 0 });
      expect.soft((step.code ?? 0) === 0 ? stdout : stderr, step.command).toMatch(step.says);
    }
  });
});
