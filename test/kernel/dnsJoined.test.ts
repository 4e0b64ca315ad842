import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TestNet } from '../support/net.ts';
import { makeWorld } from './agentWorld.ts';

const PROGRAM = join(import.meta.dirname, '../support/pairsClientProgram.ts');
const NAME = 'web.shop.svc.cluster.local';
const PAIRS = 20;
/** Header and question; one address, or the SOA record of a denial. */
const QUESTION = 12 + NAME.length + 2 + 4;
const WHOLE = { [QUESTION + 16]: PAIRS, [QUESTION + 54]: PAIRS };

test('a pod that asks much at once gets every reply, whole and apart, by each way to the agent', async () => {
  await using net = new TestNet();
  const world = await makeWorld(net, 'nft');
  world.start('--dns-threads', '1', '--dns-listen', '10.244.2.1:10053');
  await world.ready();
  // As on another node than the client's: the kernel translates on the way there, and back what was joined.
  const translated = ['-d', '10.96.0.99', '-p', 'udp', '--dport', '53', '-j', 'DNAT'];
  const rule = ['-t', 'nat', '-I', 'PREROUTING', ...translated, '--to-destination', '10.244.2.1:10053'];
  expect(await world.node.run('iptables-nft', ...rule)).toMatchObject({ code: 0, stderr: '' });
  expect(await world.resolve(NAME)).toBe('10.96.0.20');
  const servers = ['10.96.0.10', '10.244.2.1:10053', '10.96.0.99'];
  for (let round = 0; round < 5; round++) {
    const argv = [PROGRAM, NAME, String(PAIRS), ...servers];
    const { stdout, stderr } = await world.client.run(process.execPath, ...argv);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual(Object.fromEntries(servers.map((server) => [server, WHOLE])));
  }
  expect(world.complaints()).toEqual([]);
});
