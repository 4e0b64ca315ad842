import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AgentStatus } from '../../src/agent/serving/status.ts';
import { TestNet } from '../support/net.ts';
import { makeWorld, until, type World } from './agentWorld.ts';

const HEAD = 'apiVersion: fairlead.dev/v1alpha1\nkind: FairleadConfiguration\n';

/** A ConfigMap as the kubelet mounts it: a new version is a new folder, and a link that is swapped. */
class Mounted {
  readonly #folder: string;
  #version = 0;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder);
  }

  get file(): string {
    return join(this.#folder, 'fairlead.yaml');
  }

  write(text: string): void {
    this.#version += 1;
    const version = `..v${this.#version}`;
    mkdirSync(join(this.#folder, version));
    writeFileSync(join(this.#folder, version, 'fairlead.yaml'), HEAD + text);
    symlinkSync(version, join(this.#folder, '..tmp'));
    renameSync(join(this.#folder, '..tmp'), join(this.#folder, '..data'));
    if (this.#version === 1) symlinkSync('..data/fairlead.yaml', this.file);
  }
}

async function get(world: World, path: string): Promise<string> {
  return (await world.node.run('curl', '-sf', `http://127.0.0.1:10249${path}`)).stdout;
}

const status = async (world: World): Promise<AgentStatus> =>
  JSON.parse((await world.fairlead('status', '-o', 'json')).stdout) as AgentStatus;

/** Everybody who tells the mode. */
async function told(world: World): Promise<string[]> {
  const { fairlead } = JSON.parse(await get(world, '/configz')) as { fairlead: { mode: string } };
  const { proxy } = await status(world);
  const asked = (await world.fairlead('mode')).stdout.trim();
  return [asked, await get(world, '/proxyMode'), fairlead.mode, `${proxy?.mode} ${proxy?.configuredMode}`];
}

test('a mounted ConfigMap says another mode, and the agent goes there; whatever else it says', async () => {
  await using net = new TestNet();
  const world = await makeWorld(net, 'nft');
  const mounted = new Mounted(join(world.folder, 'config'));
  mounted.write('mode: iptables\ndnsTTL: 7\n');
  const agent = world.start('--config', mounted.file, '--udp-timeout', '5s');
  await world.ready();
  expect(await told(world)).toEqual(['iptables', 'iptables', 'iptables', 'iptables iptables']);
  expect(await world.fetch()).toContain('web-1');

  mounted.write('mode: userspace\ndnsTTL: 8\n');
  await until(async () => (await get(world, '/proxyMode')) === 'userspace');
  await until(async () => (await status(world)).config?.needRestart.length === 1);
  expect(await told(world)).toEqual(['userspace', 'userspace', 'userspace', 'userspace userspace']);
  expect(await world.fetch()).toContain('web-1');
  expect(await get(world, '/metrics')).toContain(
    'fairlead_relay_connections_total{namespace="shop",service="web",port="",protocol="TCP"} 1',
  );
  const { config, proxy } = await status(world);
  expect(config).toEqual({ path: mounted.file, error: '', needRestart: ['dnsTTL'] });
  expect(proxy?.relays).toMatchObject({ services: 1, failed: 0, refused: 0, triedLast: [] });

  mounted.write('mode: ipvs\ndnsTTL: 7\n');
  await until(async () => (await status(world)).config?.error !== '');
  expect((await status(world)).config?.error).toBe(
    `${mounted.file}:3: mode: "ipvs" is no iptables or userspace`,
  );
  expect(await get(world, '/proxyMode')).toBe('userspace');

  // By hand; the file still says what it said.
  await world.fairlead('mode', 'iptables');
  agent.kill('SIGHUP');
  await until(async () => readFileSync(world.logFile, 'utf8').includes('configuration file: read again'));
  mounted.write('mode: userspace\ndnsTTL: 7\n');
  await until(async () => (await status(world)).config?.error === '');
  expect(await told(world)).toEqual(['iptables', 'iptables', 'iptables', 'iptables userspace']);
  expect((await world.fairlead('status')).stdout).toContain(
    'iptables now; a restart goes to userspace, as the settings say',
  );
});
