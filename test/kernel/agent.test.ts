import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DNS, NODE, service, WEB } from '../support/manifests.ts';
import { TestNet } from '../support/net.ts';
import { FAIRLEAD, makeWorld, ROOT, until } from './agentWorld.ts';

describe.each(['nft', 'legacy'])('with iptables-%s', (variant) => {
  test('names resolve, Services answer, and both outlive the agent', async () => {
    await using net = new TestNet();
    const world = await makeWorld(net, variant);
    const before = await world.rules(variant);
    const first = world.start();
    await world.ready();
    expect(await world.resolve('web.shop.svc.cluster.local')).toBe('10.96.0.20');
    expect(await world.resolve('web.shop.svc.cluster.local', ['@10.244.1.1', '-p', '10053'])).toBe(
      '10.96.0.20',
    );
    expect(await world.fetch()).toBe('web-1 on test');

    first.kill('SIGKILL');
    await once(first, 'exit');
    expect(await world.fetch()).toBe('web-1 on test');
    const left = await world.rules(variant);

    const second = world.start();
    let answers = 0;
    for (let ready = false; !ready; answers += 1) {
      expect(await world.fetch()).toBe('web-1 on test');
      ready = await world.isReady();
    }
    expect(answers).toBeGreaterThan(0);
    expect(await world.rules(variant)).toBe(left);

    second.kill('SIGTERM');
    expect(await once(second, 'exit')).toEqual([0, null]);
    expect(await world.fetch()).toBe('web-1 on test');
    expect(await world.rules(variant)).toBe(left);
    expect(world.complaints()).toEqual([]);

    const cleaned = await world.fairlead('cleanup');
    expect(cleaned).toEqual({
      code: 0,
      stdout: 'removed all rules, sets and addresses of fairlead\n',
      stderr: '',
    });
    expect(withoutEmptyTables(await world.rules(variant))).toBe(withoutEmptyTables(before));
    expect((await world.node.run('ipset', 'list', '-name')).stdout).toBe('');
    expect((await world.node.run('ip', '-brief', 'address', 'show', 'lo')).stdout).not.toContain(
      '10.96.0.10',
    );
  });

  test('the printed rules are the rules: iptables-restore takes them, and the Service answers', async () => {
    await using net = new TestNet();
    const world = await makeWorld(net, variant);
    const { code, stdout, stderr } = await world.node.run(FAIRLEAD, 'render', ...world.manifests);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const rules = join(world.folder, 'rules');
    writeFileSync(rules, stdout);
    const restored = await world.node.run(`iptables-${variant}-restore`, '--noflush', rules);
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    expect(await world.fetch()).toBe('web-1 on test');
  });
});

test('--once programs the rules and ends, names left alone', async () => {
  await using net = new TestNet();
  const world = await makeWorld(net, 'nft');
  const agent = world.start('--once');
  expect(await once(agent, 'exit')).toEqual([0, null]);
  expect(await world.fetch()).toBe('web-1 on test');
  expect((await world.node.run('ip', '-brief', 'address', 'show', 'lo')).stdout).not.toContain('10.96.0.10');
});

test('what changes in the source changes on the node, and a broken object stops nothing', async () => {
  await using net = new TestNet();
  const world = await makeWorld(net, 'nft');
  world.start();
  await world.ready();
  world.write(NODE, ...WEB, ...DNS, service('broken', '10.96.0.30', 0), service('late', '10.96.0.40', 80));
  await until(async () => (await world.resolve('late.shop.svc.cluster.local')) === '10.96.0.40');
  expect(await world.fetch()).toBe('web-1 on test');
  const status = await world.fairlead('status', '-o', 'json');
  expect(JSON.parse(status.stdout)).toMatchObject({
    node: 'n1',
    ready: true,
    catalog: { services: 3, problems: [expect.stringContaining('Service shop/broken: spec.ports[0].port')] },
    proxy: { mode: 'iptables', variant: 'nf_tables', families: ['IPv4', 'IPv6'], error: '' },
    dns: { listening: ['10.244.1.1:10053', '10.96.0.10:53'], claimed: ['10.96.0.10'], lease: 'held' },
  });
  expect((await world.fairlead('status')).stdout).toMatch(
    /^routing +iptables \(nf_tables\), IPv4 and IPv6$/m,
  );
  expect((await world.fairlead('mode')).stdout).toBe('iptables\n');
  for (const mode of ['userspace', 'iptables']) {
    expect(await world.fairlead('mode', mode)).toMatchObject({ code: 0, stdout: `${mode}\n`, stderr: '' });
    expect(await world.fetch()).toBe('web-1 on test');
  }
});

test('a second agent and a hasty cleanup are refused; ports in use hold up nothing', async () => {
  await using net = new TestNet();
  const world = await makeWorld(net, 'nft');
  await net.echo(world.node, 'squatter', 10_249);
  const agent = world.start();
  await world.ready();
  expect(await world.node.run(FAIRLEAD, 'run', ...world.manifests)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^fairlead run: another agent is running: it answers on .*fairlead\.sock\n$/,
    ),
  });
  expect(world.complaints()).toEqual(['metrics: cannot listen; trying again every 5 s']);
  // Not by force either: what one removes the other writes, and chains that are jumped to again cannot be deleted.
  const before = await world.rules('nft');
  for (const flags of [[], ['--force']]) {
    expect(await world.fairlead('cleanup', ...flags)).toMatchObject({
      code: 1,
      stderr: 'fairlead cleanup: an agent is running, and would put everything back: stop it first\n',
    });
  }
  expect(await world.rules('nft')).toBe(before);
  agent.kill('SIGTERM');
  await once(agent, 'exit');
});

test('without iptables it says so and ends', async () => {
  await using net = new TestNet();
  const world = await makeWorld(net, 'nft');
  const main = join(ROOT, 'src/main.ts');
  const argv = ['env', 'PATH=/nonexistent', process.execPath, main, 'run', ...world.manifests] as const;
  expect(await world.node.run(...argv)).toMatchObject({
    code: 1,
    stderr: 'fairlead run: iptables is not installed\n',
  });
});

/** Nothing is not the same as a table with chains that nobody filled. */
function withoutEmptyTables(rules: string): string {
  return rules.replaceAll(/^(\*\w+|COMMIT|:[A-Z]+ ACCEPT)\n/gm, '').trim();
}
