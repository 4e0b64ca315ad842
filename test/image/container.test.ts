/** The image, on a node with two pods, run as deploy/base says: both iptables backends, in-cluster credentials. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeWorld, until, type World } from '../kernel/agentWorld.ts';
import { DNS, NODE, service, WEB } from '../support/manifests.ts';
import { TestNet } from '../support/net.ts';
import { Container, IMAGE, podman } from './container.ts';
import { CAPABILITIES, maskOf, MEMORY, probe } from './daemonSet.ts';

const PROGRAM = join(import.meta.dirname, 'apiServerProgram.ts');
/** Service `shop/relayed`, 10.96.0.30, that the agent carries itself. */
const RELAYED: readonly object[] = [
  withMode('userspace', service('relayed', '10.96.0.30', 80)),
  {
    ...WEB[2],
    metadata: { name: 'relayed-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'relayed' } },
  },
];

function withMode(mode: string, object: object): object {
  const metadata = { name: 'relayed', namespace: 'shop', annotations: { 'fairlead.dev/mode': mode } };
  return { ...object, metadata };
}

describe.each(['nft', 'legacy'] as const)('on %s', (variant) => {
  let net: TestNet;
  let world: World;
  let agent: Container;

  beforeAll(async () => {
    net = new TestNet();
    world = await makeWorld(net, variant);
    world.write(NODE, ...WEB, ...DNS, ...RELAYED);
    // As the kubelet does: the agent has both backends with it, and must find the one that the node uses.
    for (const program of [`iptables-${variant}`, `ip6tables-${variant}`])
      await world.node.run(program, '-t', 'mangle', '-N', 'KUBE-KUBELET-CANARY');
    const apiServer = net.start(world.node, process.execPath, PROGRAM, world.folder);
    await once(apiServer.stdout, 'data');
    agent = new Container({ node: world.node, folder: world.folder, memory: MEMORY });
    const begun = performance.now();
    await agent.start();
    await until(() => answers('readinessProbe'));
    const after = Math.round(performance.now() - begun);
    const own = /"milliseconds":(\d+),"message":"ready"/.exec(await agent.logs())?.[1];
    process.stdout.write(`${variant}: ready after ${own} ms, ${after} ms after podman was called\n`);
  });

  afterAll(async () => {
    // What a failed test is understood by.
    process.stdout.write(await agent.logs());
    await agent.remove();
    await net[Symbol.asyncDispose]();
  });

  /** As the kubelet asks: at the node's address. */
  async function answers(name: Parameters<typeof probe>[0]): Promise<boolean> {
    const { path, port } = probe(name);
    return (await world.node.run('curl', '-sf', `http://10.244.1.1:${port}${path}`)).code === 0;
  }

  const fetch = async (clusterIP: string): Promise<string> =>
    (await world.client.run('curl', '-sSm', '2', `http://${clusterIP}/`)).stdout;

  test('its probes succeed', async () => {
    expect(await answers('startupProbe')).toBe(true);
    expect(await answers('livenessProbe')).toBe(true);
  });

  /** Node's own settings are not the container's to change: a kubelet gives it /proc/sys to read. */
  test('it complains of nothing but of what the node must be set to', async () => {
    const warnings = [...(await agent.logs()).matchAll(/"level":"(?:warn|error)".*"message":"(.*)"/g)];
    expect(warnings.map(([, message]) => message)).toEqual([
      expect.stringContaining('cannot set net.ipv4.conf.all.route_localnet'),
    ]);
  });

  test("a Service and its name answer, with the node's backend", async () => {
    expect(await fetch('10.96.0.20')).toMatch(/^web-1 /);
    expect(await world.resolve('web.shop.svc.cluster.local')).toBe('10.96.0.20');
    expect(await world.resolve('web.shop.svc.cluster.local', ['+tcp', '@10.96.0.10'])).toBe('10.96.0.20');
    expect(await world.rules(variant)).toContain('-A KUBE-SERVICES ');
    expect(await world.rules(variant === 'nft' ? 'legacy' : 'nft')).not.toContain('KUBE-SERVICES');
  });

  test('a Service in userspace mode is carried', async () => {
    expect(await fetch('10.96.0.30')).toMatch(/^web-1 .*asked by 10\.244\.1\.1:/);
  });

  test('fairlead is there to be asked, and nothing to look around with', async () => {
    const status = await agent.exec('fairlead', 'status', '--output', 'json');
    expect(status).toMatchObject({ code: 0, stderr: '' });
    for (const shell of ['sh', '/bin/sh', 'bash', 'npm', 'apt-get']) {
      expect((await agent.exec(shell, '-c', 'exit 0')).code, shell).toBe(127);
    }
  });

  test('it has the capabilities that are declared, and no others', async () => {
    const status = readFileSync(`/proc/${await agent.pid()}/status`, 'utf8');
    for (const set of ['CapPrm', 'CapEff', 'CapBnd']) {
      expect(new RegExp(`${set}:\\s+(\\S+)`).exec(status)?.[1], set).toBe(maskOf(CAPABILITIES));
    }
    expect(status).toMatch(/NoNewPrivs:\s+1/);
    expect(status).toMatch(/Seccomp:\s+2/);
  });

  test('its root cannot be written to', async () => {
    for (const folder of ['/', '/tmp', '/usr/bin', '/opt/fairlead']) {
      const write = await agent.node(`fs.writeFileSync(${JSON.stringify(join(folder, 'x'))}, '')`);
      expect(write.stderr, folder).toContain('EROFS');
    }
  });

  test('rules that somebody removes come back, without a shell to look for them', async () => {
    const before = (await agent.logs()).length;
    await world.node.run(`iptables-${variant}`, '-t', 'nat', '-F');
    await until(async () => (await agent.logs()).slice(before).includes('held other rules'));
    await until(async () => (await fetch('10.96.0.20')).startsWith('web-1 '));
  });

  test('it lives within the memory that the DaemonSet requests', async () => {
    const status = readFileSync(`/proc/${await agent.pid()}/status`, 'utf8');
    const resident = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
    process.stdout.write(`${variant}: ${megabytes(resident)} MB resident\n`);
    expect(resident).toBeLessThan(MEMORY);
    const limit = await agent.node('process.constrainedMemory()');
    expect(Number(limit.stdout)).toBe(MEMORY);
  });

  test('SIGTERM ends it in good order, and the rules stay', async () => {
    expect(await agent.stop()).toBe(0);
    expect(await fetch('10.96.0.20')).toMatch(/^web-1 /);
    // The kernel carries now what the agent did.
    expect(await fetch('10.96.0.30')).toMatch(/^web-1 /);
    // Queries go to other nodes at once, not when the lease runs out.
    const lease = await world.node.run('ipset', 'list', 'FAIRLEAD-DNS-4');
    expect(lease.stdout).toContain('Number of entries: 0');
  });
});

test('it is small: below 60 MB as registries keep it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-'));
  try {
    const archive = join(folder, 'image.tar');
    await podman('save', '--quiet', '--format=oci-archive', `--output=${archive}`, IMAGE);
    const { size } = statSync(archive);
    const plain = Number(await podman('image', 'inspect', '--format={{.Size}}', IMAGE));
    process.stdout.write(`image: ${megabytes(size)} MB compressed, ${megabytes(plain)} MB plain\n`);
    expect(size).toBeLessThan(60e6);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('too little memory ends it with SIGKILL, and leaves the rules as they are', async () => {
  await using net = new TestNet();
  const world = await makeWorld(net, 'nft');
  const apiServer = net.start(world.node, process.execPath, PROGRAM, world.folder);
  await once(apiServer.stdout, 'data');
  await world.node.run('iptables-nft', '-t', 'nat', '-N', 'KUBE-SERVICES');
  const agent = new Container({ node: world.node, folder: world.folder, memory: 24 * 2 ** 20 });
  await agent.start();
  expect(await agent.exitCode()).toBe(137);
  await agent.remove();
  expect(await world.rules('nft')).toContain(':KUBE-SERVICES');
});

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
