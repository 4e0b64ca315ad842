import { expect, test } from 'vitest';
import { createIptablesBackend } from '../../../src/proxy/iptables/backend.ts';
import { cleanupIptables } from '../../../src/proxy/iptables/cleanup.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeIptables } from '../../fake/iptables.ts';
import { FakeLog } from '../../fake/log.ts';
import { pictureOf, proxySettings, service, slice } from '../cluster.ts';

const FOREIGN = [
  '*nat',
  ':CNI - [0:0]',
  '-A CNI -p tcp -m tcp --dport 7 -j RETURN',
  '-A POSTROUTING -j CNI',
  'COMMIT',
  '*filter',
  '-A FORWARD -s 192.0.2.1 -j DROP',
  'COMMIT\n',
].join('\n');

async function routed(exec: FakeIptables, variant: 'nft' | 'legacy'): Promise<void> {
  const many = Array.from({ length: 100 }, (_, n) => [
    service(`shop/s${n}`, [`10.96.0.${n + 1}`, `fd00:96::${n + 1}`]),
    slice(`shop/s${n}`, n % 2 === 0 ? ['10.0.1.1'] : []),
  ]);
  const backend = await createIptablesBackend({
    settings: proxySettings({ iptablesBackend: variant }),
    exec,
    sysctl: { read: () => Promise.resolve('1'), write: () => Promise.resolve() },
    log: new FakeLog(),
    clock: new FakeClock(),
    localAddresses: () => Promise.resolve([]),
  });
  await backend.sync(pictureOf(many.flat()), undefined);
}

test.each(['nft', 'legacy'] as const)('removes all that is ours and only that: %s', async (variant) => {
  const exec = new FakeIptables();
  for (const v6 of [false, true])
    exec.load(variant, v6 ? FOREIGN.replace('192.0.2.1', 'fd00::1') : FOREIGN, v6);
  const before = [exec.dump(variant), exec.dump(variant, true)];
  await routed(exec, variant);
  expect(exec.dump(variant)).not.toBe(before[0]);
  await cleanupIptables(exec, new FakeClock());
  expect([exec.dump(variant), exec.dump(variant, true)]).toEqual(before);
});

test('cleans both backends', async () => {
  const exec = new FakeIptables();
  await routed(exec, 'nft');
  await routed(exec, 'legacy');
  await cleanupIptables(exec, new FakeClock());
  expect(exec.dump('nft') + exec.dump('legacy')).not.toContain('KUBE-');
});

test('does nothing on a clean machine', async () => {
  const exec = new FakeIptables();
  await cleanupIptables(exec, new FakeClock());
  expect(exec.restores).toEqual([]);
});

test('leaves KUBE-FIREWALL to a kubelet that has its own use for it', async () => {
  const exec = new FakeIptables();
  exec.load('nft', '*mangle\n:KUBE-KUBELET-CANARY - [0:0]\nCOMMIT\n');
  await routed(exec, 'nft');
  await cleanupIptables(exec, new FakeClock());
  expect(exec.dump('nft').match(/^.*KUBE-.*$/gm)).toEqual([
    ':KUBE-FIREWALL - [0:0]',
    '-A INPUT -j KUBE-FIREWALL',
    expect.stringContaining('-A KUBE-FIREWALL ! -s 127.0.0.0/8'),
    '-A OUTPUT -j KUBE-FIREWALL',
    ':KUBE-KUBELET-CANARY - [0:0]',
  ]);
});

test('keeps a chain that rules of others jump to, and those rules', async () => {
  const exec = new FakeIptables();
  await routed(exec, 'nft');
  const theirs = ['-A PORTMAP -j KUBE-MARK-MASQ', '-A PORTMAP -j KUBE-SVC-THEIRS'];
  exec.load(
    'nft',
    [
      '*nat',
      ':PORTMAP - [0:0]',
      ':KUBE-SVC-THEIRS - [0:0]',
      '-A KUBE-SVC-THEIRS -j KUBE-MARK-MASQ',
      ...theirs,
      'COMMIT\n',
    ].join('\n'),
  );
  await cleanupIptables(exec, new FakeClock());
  expect(
    exec
      .dump('nft')
      .split('\n')
      .filter((line) => line.includes('KUBE-'))
      .sort(),
  ).toEqual(
    [
      ...theirs,
      '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000',
      ':KUBE-MARK-MASQ - [0:0]',
      ':KUBE-SVC-THEIRS - [0:0]',
    ].sort(),
  );
});
