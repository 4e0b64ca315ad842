/** What goes wrong on a real machine: a lock that is held, and a family that is not there. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DNS, NODE, service, WEB } from '../support/manifests.ts';
import { TestNet } from '../support/net.ts';
import { makeWorld, until } from './agentWorld.ts';

test('the lock of iptables-legacy is held by another program: rules wait for it, and then go in', async () => {
  await using net = new TestNet();
  const world = await makeWorld(net, 'legacy');
  // A lock of this agent's own: other tests use the machine's. Held until the file `held` is removed.
  const [lock, held] = [join(world.folder, 'lock'), join(world.folder, 'held')];
  const hold = `touch ${held}; while [ -e ${held} ]; do sleep 0.05; done`;
  net.start(world.node, 'flock', lock, 'sh', '-c', hold);
  await until(async () => (await world.node.run('test', '-e', held)).code === 0);
  world.runWith({ XTABLES_LOCKFILE: lock }, ...world.manifests);
  // `-> ` is one that waits.
  const waiting = `grep -- "-> .*:$(stat -c %i ${lock}) " /proc/locks`;
  await until(async () => (await world.node.run('sh', '-c', waiting)).code === 0);
  expect(await world.rules('legacy')).not.toContain('KUBE-SERVICES');
  await world.node.run('rm', held);
  await world.ready();
  expect(await world.fetch()).toBe('web-1 on test');
  expect(world.complaints()).toEqual([]);
});

test('a machine without IPv6 tables: IPv4 is routed, and status says what is left out', async () => {
  await using net = new TestNet();
  const world = await makeWorld(net, 'nft');
  const programs = join(world.folder, 'programs');
  mkdirSync(programs);
  const script =
    '#!/bin/sh\necho "ip6tables v1.8.9: can\'t initialize ip6tables table \\`nat\': Table does not exist" >&2\nexit 3\n';
  for (const name of ['', '-save', '-restore']) {
    writeFileSync(join(programs, `ip6tables-nft${name}`), script, { mode: 0o755 });
  }
  world.runWith({ PATH: `${programs}:${process.env['PATH'] ?? ''}` }, ...world.manifests);
  await world.ready();
  expect(await world.fetch()).toBe('web-1 on test');
  const { stdout } = await world.fairlead('status');
  expect(stdout).toMatch(/^routing +iptables \(nf_tables\), IPv4$/m);
  expect(stdout).toMatch(/^backend +nf_tables: --iptables-backend$/m);
  expect(stdout).toMatch(/^left out +IPv6: ip6tables-nft exits with 3: .*Table does not exist$/m);
  expect(world.complaints()).toEqual([]);
});

test('rules of one Service are refused: it is set aside and told of, and all others are routed', async () => {
  await using net = new TestNet();
  const world = await makeWorld(net, 'nft');
  world.write(NODE, ...WEB, ...DNS, service('odd', '10.96.0.99', 80));
  const programs = join(world.folder, 'programs');
  mkdirSync(programs);
  const real = (await world.node.run('sh', '-c', 'command -v iptables-nft-restore')).stdout.trim();
  const script = [
    '#!/bin/sh',
    'input=$(cat)',
    'case "$input" in *10.96.0.99*) echo "line 2: RULE_APPEND failed (Operation not supported)" >&2; exit 4;; esac',
    `printf '%s\\n' "$input" | ${real} "$@"`,
  ];
  writeFileSync(join(programs, 'iptables-nft-restore'), `${script.join('\n')}\n`, { mode: 0o755 });
  world.runWith({ PATH: `${programs}:${process.env['PATH'] ?? ''}` }, ...world.manifests);
  await world.ready();
  expect(await world.fetch()).toBe('web-1 on test');
  const { stdout } = await world.fairlead('status');
  const line = 'Service shop/odd: not routed: iptables refuses its rules (IPv4): ';
  expect(stdout).toMatch(/^set aside +1, see problems$/m);
  expect(stdout).toContain(`\n  ${line}line 2: RULE_APPEND failed (Operation not supported)`);
  const metrics = await world.metrics();
  expect(metrics).toMatch(/^fairlead_set_aside 1$/m);
  expect(metrics).toMatch(/^fairlead_problems\{reason="RulesRefused"\} 1$/m);
  expect(metrics).toMatch(/^fairlead_restore_failures_total\{kind="refused",ip_family="IPv4"\} 1$/m);
});
