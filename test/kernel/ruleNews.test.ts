/** What the kernel tells of rules that change, and to whom. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/host/clock.ts';
import { startCompanion } from '../../src/host/companion.ts';
import { systemExec } from '../../src/host/exec.ts';
import { AT, NETLINK_NETFILTER } from '../../src/host/netlink/constants.ts';
import { joinGroup } from '../../src/host/netlink/group.ts';
import type { Watch } from '../../src/netfilter/holding.ts';
import { RULE_NEWS_GROUP } from '../../src/netfilter/ruleChange.ts';
import { RuleWatch } from '../../src/netfilter/ruleWatch.ts';
import { ROOT, until } from './agentWorld.ts';

let watch: RuleWatch;
let held: Watch;
let told: string[];

beforeEach(async () => {
  told = [];
  watch = new RuleWatch({
    exec: systemExec,
    clock: systemClock,
    companion: startCompanion,
    join: joinGroup,
    onDeaf: (reason) => void told.push(reason),
  });
  held = await watch.add({
    programs: [
      { family: 'IPv4', variant: 'nft', iptables: 'iptables-nft', save: 'iptables-nft-save' },
      { family: 'IPv6', variant: 'nft', iptables: 'ip6tables-nft', save: 'ip6tables-nft-save' },
    ],
    has: (table, chain) => table === 'mangle' && ['', 'OUTPUT', 'MINE'].includes(chain),
    owns: (table, chain) => table === 'mangle' && chain === 'MINE',
    lasting: { chains: {}, lines: /MINE/ },
    onForeign: (what) => void told.push(what),
  });
});

afterEach(() => held.stop());

const RULES = '*mangle\n:MINE - [0:0]\n-A MINE -j RETURN\n-A OUTPUT -j MINE\nCOMMIT\n';
const NO_RULES = '*mangle\n-F OUTPUT\n-F MINE\n-X MINE\nCOMMIT\n';

async function ours(stdin: string): Promise<void> {
  expect(await watch.exec.run(['iptables-nft-restore', '--noflush'], { stdin })).toMatchObject({ code: 0 });
}

/** Done by somebody else; `command` is split at spaces. */
async function others(command: string, stdin = ''): Promise<void> {
  const [program = '', ...args] = command.split(' ');
  expect(await systemExec.run([program, ...args], { stdin })).toMatchObject({ code: 0 });
}

const REMOVED = 'rules of mangle MINE (IPv4) were removed';
const ADDED = 'a rule was added to mangle MINE (IPv4)';

test('others are told of, we are not, however close one is behind the other', {
  timeout: 60_000,
}, async () => {
  for (let n = 1; n <= 5; n++) {
    await ours(RULES);
    await others('iptables-nft -t mangle -F MINE');
    await until(async () => told.length === n);
    await ours(NO_RULES);
  }
  expect(told).toEqual(Array.from({ length: 5 }, () => REMOVED));
});

test('a program of another that runs beside ours is told of', { timeout: 60_000 }, async () => {
  await ours(RULES);
  // Ours waits for its input as long as the other takes.
  const input = (function* (): Generator<string> {
    yield RULES;
    const { status } = spawnSync('iptables-nft', ['-t', 'mangle', '-I', 'MINE', '-j', 'ACCEPT']);
    yield `# ${status}\n`;
  })();
  const { code } = await watch.exec.run(['iptables-nft-restore', '--noflush'], { stdinPieces: input });
  expect(code).toBe(0);
  await until(async () => told.length > 0);
  expect(told).toEqual([ADDED]);
  await ours(NO_RULES);
});

test('what is left out does not come as far as to us', { timeout: 60_000 }, async () => {
  const senders = new Set<number>();
  const socket = await joinGroup(NETLINK_NETFILTER, RULE_NEWS_GROUP, {
    received: (bytes) => void senders.add(bytes.readUInt32LE(AT.port)),
    missed: () => undefined,
  });
  const run = async (stdin: string, onStart: (pid: number) => void): Promise<void> => {
    expect(await systemExec.run(['iptables-nft-restore', '--noflush'], { stdin, onStart })).toMatchObject({
      code: 0,
    });
  };
  await run(RULES, (pid) => socket.leaveOut([1, pid, 2]));
  let other = 0;
  await run(NO_RULES, (pid) => {
    other = pid;
  });
  await until(async () => senders.size > 0);
  expect([...senders]).toEqual([other]);
  socket.close();
});

test.each([
  ['iptables-nft -t mangle -A MINE -j ACCEPT', ADDED],
  ['iptables-nft -t mangle -R MINE 1 -j ACCEPT', REMOVED],
  ['iptables-nft -t mangle -D OUTPUT -j MINE', 'rules of mangle OUTPUT (IPv4) were removed'],
  ['nft flush chain ip mangle MINE', REMOVED],
  ['nft delete table ip mangle', 'table mangle (IPv4) was deleted'],
  ['nft flush ruleset', 'table mangle (IPv4) was deleted'],
])('%s', { timeout: 60_000 }, async (command, expected) => {
  await ours(RULES);
  // None of ours: a chain of another's, another family's, and a rule in a chain that others may use.
  await others('iptables-nft -t mangle -N THEIRS');
  await others('iptables-nft -t mangle -A OUTPUT -j THEIRS');
  await others('ip6tables-nft -t mangle -A FORWARD -j ACCEPT');
  expect(told).toEqual([]);
  await others(command);
  await until(async () => told.includes(expected));
  await others('nft flush ruleset');
});

test('more than the kernel keeps for us is told as missed, and then it goes on', {
  timeout: 60_000,
}, async () => {
  // Each replaces 500 rules: 150 KB of news, and nobody takes them meanwhile.
  const rules = '-A THEIRS -j RETURN\n'.repeat(500);
  const input = `*mangle\n:THEIRS - [0:0]\n${rules}COMMIT\n`.repeat(100);
  const { status } = spawnSync('iptables-nft-restore', ['--noflush'], { input });
  expect(status).toBe(0);
  await until(async () => told.some((what) => what.includes('missed')));
  await ours(RULES);
  await others('iptables-nft -t mangle -F MINE');
  await until(async () => told.includes(REMOVED));
  await others('nft flush ruleset');
});

const CAPABILITIES = '-all,+net_admin,+net_raw,+net_bind_service';
const JOIN = `import('${join(ROOT, 'src/host/netlink/group.ts')}').then(({ joinGroup }) => joinGroup(12, 7, {}))
  .then((socket) => (socket.leaveOut([1]), socket.close(), console.log('joined')), (error) => console.log(error.message))`;

test.each([
  ["with a container's capabilities", ['setpriv', '--bounding-set', CAPABILITIES], 'joined'],
  [
    'without any over the network',
    ['unshare', '--user', '--map-root-user'],
    'operation not permitted (EPERM): needs CAP_NET_ADMIN',
  ],
  ['without native modules', ['env', 'NODE_OPTIONS=--no-addons'], 'no native module: '],
] as const)('who may listen: %s', async (_, before, expected) => {
  const [program, ...args] = [...before, process.execPath, '-e', JOIN];
  const { stdout, stderr } = await systemExec.run([program, ...args]);
  expect(stdout + stderr).toContain(expected);
});
