import { expect, test } from 'vitest';
import type { ExecResult } from '../../../src/host/exec.ts';
import { removeOtherModes } from '../../../src/proxy/iptables/otherModes.ts';
import { FakeLog } from '../../fake/log.ts';

const NONE = { code: 1, stdout: '', stderr: '' };

/** Programs by their whole command line; all others fail. */
async function run(results: Readonly<Record<string, Partial<ExecResult>>>) {
  const ran: string[] = [];
  const log = new FakeLog();
  const exec = {
    run: (argv: readonly string[]) => {
      ran.push(argv.join(' '));
      const result = results[argv.join(' ')];
      return Promise.resolve(result === undefined ? NONE : { ...NONE, code: 0, ...result });
    },
  };
  await removeOtherModes(exec, log);
  return { ran, told: log.messages() };
}

test('deletes kube-proxy’s own tables, and no other', async () => {
  const { ran, told } = await run({
    'nft list tables': {
      stdout: 'table ip nat\ntable inet firewalld\ntable ip6 kube-proxy\ntable inet kube-proxy\n',
    },
    'nft delete table ip6 kube-proxy': {},
  });
  expect(ran.filter((line) => line.includes('delete'))).toEqual(['nft delete table ip6 kube-proxy']);
  expect(told).toEqual(['removed table ip6 kube-proxy, left by kube-proxy in its nftables mode']);
});

test('says so where one cannot be deleted', async () => {
  const { told } = await run({ 'nft list tables': { stdout: 'table ip kube-proxy\n' } });
  expect(told).toEqual(['table ip kube-proxy of kube-proxy cannot be removed']);
});

test('only names what ipvs left', async () => {
  const { ran, told } = await run({ 'ip link show kube-ipvs0': {} });
  expect(ran).toEqual(['nft list tables', 'ip link show kube-ipvs0']);
  expect(told).toEqual(['kube-ipvs0 is left by kube-proxy in its ipvs mode: run kube-proxy --cleanup once']);
});

test('is silent on a node without any of it, and without nft', async () => {
  expect((await run({})).told).toEqual([]);
});
