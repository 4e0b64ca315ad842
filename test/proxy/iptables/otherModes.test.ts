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
    'nft list table ip6 kube-proxy': {},
    'nft list table inet kube-proxy': {},
    'nft delete table ip6 kube-proxy': {},
  });
  expect(ran.filter((line) => line.includes('delete'))).toEqual(['nft delete table ip6 kube-proxy']);
  expect(told).toEqual(['removed table ip6 kube-proxy, left by kube-proxy in its nftables mode']);
});

test('says so where one cannot be deleted', async () => {
  const { told } = await run({ 'nft list table ip kube-proxy': {} });
  expect(told).toEqual(['table ip kube-proxy of kube-proxy cannot be removed']);
});

test('only names what ipvs left', async () => {
  const { ran, told } = await run({ 'ip link show kube-ipvs0': {} });
  expect(ran.filter((line) => /delete|set/.test(line))).toEqual([]);
  expect(told).toEqual(['kube-ipvs0 is left by kube-proxy in its ipvs mode: run kube-proxy --cleanup once']);
});

// A first sync of 10,000 Services took 21 s instead of 8: `nft list tables` reads every rule that we just wrote.
test('asks nft for nothing but kube-proxy’s own tables', async () => {
  const { ran } = await run({});
  expect(ran.filter((line) => line.startsWith('nft'))).toEqual([
    'nft list table ip kube-proxy',
    'nft list table ip6 kube-proxy',
  ]);
});

test('is silent on a node without any of it, and without nft', async () => {
  expect((await run({})).told).toEqual([]);
});
