import { expect, test } from 'vitest';
import { createNodeDns, type NodeDns } from '../../../src/dns/node/createNodeDns.ts';
import type { NodePrograms } from '../../../src/dns/node/tables.ts';
import type { SocketAddress } from '../../../src/net/socketAddress.ts';
import type { Holding, Watch } from '../../../src/netfilter/holding.ts';
import type { Family } from '../../../src/net/ip.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeLog } from '../../fake/log.ts';
import { FakeKernel } from './fakeKernel.ts';

const V4 = '10.96.0.10';
const V6 = 'fd10::a';

function programs(family: Family): NodePrograms {
  const iptables = family === 'IPv4' ? 'iptables-nft' : 'ip6tables-nft';
  return {
    family,
    variant: 'nft',
    iptables,
    save: `${iptables}-save`,
    restore: `${iptables}-restore`,
    wait: ['-w', '5'],
  };
}

class Node {
  readonly clock: FakeClock;
  readonly kernel: FakeKernel;
  readonly log = new FakeLog();
  readonly open: string[] = [];
  /** What happened, in order. */
  readonly story: string[] = [];
  readonly unbindable = new Set<string>();
  /** Watched over. */
  readonly holdings: Holding[] = [];
  readonly dns: NodeDns;

  constructor(earlier?: Node) {
    this.clock = earlier?.clock ?? new FakeClock();
    this.kernel = earlier?.kernel ?? new FakeKernel(this.clock);
    this.dns = createNodeDns({
      exec: this.kernel,
      companion: this.kernel.companion,
      clock: this.clock,
      log: this.log,
      listener: { listen: (at) => this.#listen(at), unlisten: (at) => this.#unlisten(at) },
      programs: [programs('IPv4'), programs('IPv6')],
      watch: { add: (holding) => this.#watch(holding) },
    });
  }

  #watch(holding: Holding): Promise<Watch> {
    this.holdings.push(holding);
    return Promise.resolve({ exact: false, stop: async () => void this.holdings.splice(0) });
  }

  async #listen({ address, port }: SocketAddress): Promise<void> {
    if (this.unbindable.has(address)) throw new Error(`listen EADDRINUSE ${address}:${port}`);
    const present = this.kernel.addresses.some((line) => line.startsWith(`${address}/`));
    if (!present) throw new Error(`listen EADDRNOTAVAIL ${address}:${port}`);
    this.story.push(`listen ${address}, leased ${this.kernel.leased().join()}`);
    this.open.push(`${address}:${port}`);
    await Promise.resolve();
  }

  async #unlisten({ address, port }: SocketAddress): Promise<void> {
    this.story.push(`unlisten ${address}, leased ${this.kernel.leased().join()}`);
    this.open.splice(this.open.indexOf(`${address}:${port}`), 1);
    await Promise.resolve();
  }
}

test('a claim makes addresses, rules, sockets and only then the lease', async () => {
  const node = new Node();
  expect(await node.dns.claim([V4, V6])).toEqual([V4, V6]);
  expect(node.kernel.addresses.slice(2)).toEqual([
    `${V4}/32 label lo:fairlead scope host`,
    `${V6}/128 nodad preferred_lft 0 metric 1053`,
  ]);
  expect(node.story).toEqual([`listen ${V4}, leased `, `listen ${V6}, leased `]);
  expect(node.kernel.leased()).toEqual([V4, V6]);
  expect(node.dns.state()).toEqual({ addresses: [V4, V6], lease: 'held' });
  const tcp = `-A FAIRLEAD-DNS -d ${V4}/32 -p tcp -m tcp --dport 53`;
  const known = 'FAIRLEAD-DNS-4-tcp src,src,dst';
  const comment = '-m comment --comment "cluster DNS on this node"';
  expect(node.kernel.table('iptables-nft', 'raw')).toEqual([
    '-A OUTPUT -j FAIRLEAD-DNS',
    '-A PREROUTING -j FAIRLEAD-DNS',
    ':FAIRLEAD-DNS - [0:0]',
    `-A FAIRLEAD-DNS -d ${V4}/32 -p udp -m udp --dport 53 -m set --match-set FAIRLEAD-DNS-4 dst ${comment} -j CT --notrack`,
    `-A FAIRLEAD-DNS -s ${V4}/32 -p udp -m udp --sport 53 ${comment} -j CT --notrack`,
    `${tcp} --tcp-flags FIN,SYN,RST,ACK SYN -m set --match-set FAIRLEAD-DNS-4 dst ${comment} -j SET --add-set ${known} --exist --timeout 60`,
    `${tcp} --tcp-flags FIN,SYN,RST,ACK SYN -m set ! --match-set FAIRLEAD-DNS-4 dst ${comment} -j SET --del-set ${known}`,
    `${tcp} -m set --match-set ${known} ${comment} -j SET --add-set ${known} --exist --timeout 60`,
    `${tcp} -m set --match-set ${known} ${comment} -j CT --notrack`,
    `-A FAIRLEAD-DNS -s ${V4}/32 -p tcp -m tcp --sport 53 ${comment} -j CT --notrack`,
  ]);
  expect(node.kernel.table('ip6tables-nft', 'nat')).toEqual([
    '-A POSTROUTING -j FAIRLEAD-DNS',
    ':FAIRLEAD-DNS - [0:0]',
    `-A FAIRLEAD-DNS ! -o lo -s ${V6}/128 -m conntrack --ctorigdst ${V6} ${comment} -j MASQUERADE`,
  ]);
});

test('the lease lasts while it is renewed, and 3 s longer', async () => {
  const node = new Node();
  await node.dns.claim([V4]);
  for (let second = 0; second < 20; second++) {
    await node.clock.advance(1000);
    expect(node.kernel.leased()).toEqual([V4]);
  }
  // As if the agent hung: its renewals do not reach the kernel.
  node.kernel.broken.set('ipset', 'ipset: killed');
  await node.clock.advance(2999);
  expect(node.kernel.leased()).toEqual([V4]);
  await node.clock.advance(1);
  expect(node.kernel.leased()).toEqual([]);
  expect(node.dns.state().lease).toBe('lost');
  node.kernel.broken.clear();
  await node.clock.advance(1000);
  expect(node.kernel.leased()).toEqual([V4]);
  await node.clock.advance(1000);
  expect(node.dns.state().lease).toBe('held');
  expect(node.log.messages('warn')).toEqual([
    'cannot renew the lease on the DNS addresses: queries go to other nodes',
  ]);
  expect(node.log.messages('info')).toContain('DNS is answered on this node again');
});

test('renewing starts no process each second', async () => {
  const node = new Node();
  await node.dns.claim([V4, V6]);
  // The rules are looked at once, soon after.
  await node.clock.advance(10_000);
  const before = node.kernel.ran.length;
  await node.clock.advance(30_000);
  expect(node.kernel.started).toEqual(['ipset']);
  expect(node.kernel.ran).toHaveLength(before);
});

test('release ends the lease at once, for good, and leaves the sockets', async () => {
  const node = new Node();
  await node.dns.claim([V4, V6]);
  await node.dns.release();
  expect(node.kernel.leased()).toEqual([]);
  await node.clock.advance(120_000);
  expect(node.kernel.leased()).toEqual([]);
  expect(node.open).toEqual([`${V4}:53`, `${V6}:53`]);
  expect(node.dns.state()).toEqual({ addresses: [], lease: 'none' });
});

test('beside another agent it changes nothing and renews the lease, and leaves all as it is', async () => {
  const { kernel, clock, dns } = new Node();
  await dns.claim([V4, V6]);
  await dns.rest();
  kernel.tables.clear();
  await clock.advance(120_000);
  expect(kernel.tables.size).toBe(0);
  expect(kernel.leased()).toEqual([V4, V6]);
  await dns.leave();
  await clock.advance(2_000);
  expect(kernel.leased()).toEqual([V4, V6]);
  await clock.advance(2_000);
  expect(kernel.leased()).toEqual([]);
});

test('a release is not undone by a renewal that is under way', async () => {
  const node = new Node();
  await node.dns.claim([V4]);
  node.kernel.slow = true;
  await node.clock.advance(1000);
  await node.dns.release();
  node.kernel.catchUp();
  expect(node.kernel.leased()).toEqual([]);
});

test('the next run takes over what a killed one left, and removes what is no longer wanted', async () => {
  const killed = new Node();
  await killed.dns.claim([V4, V6]);
  killed.kernel.broken.set('ipset', 'dead');
  await killed.clock.advance(3000);
  killed.kernel.broken.clear();

  const node = new Node(killed);
  expect(await node.dns.claim([V4])).toEqual([V4]);
  expect(node.kernel.ran.filter((line) => line.includes(`add ${V4}`))).toHaveLength(1);
  expect(node.kernel.addresses).toEqual(['127.0.0.1/8', '::1/128', `${V4}/32 label lo:fairlead scope host`]);
  expect(
    node.kernel.table('iptables-nft', 'raw').filter((line) => line.endsWith('-j FAIRLEAD-DNS')),
  ).toHaveLength(2);
  expect(node.kernel.table('ip6tables-nft', 'raw').filter((line) => line.startsWith('-A FAIRLEAD'))).toEqual(
    [],
  );
});

test('an address that the Service lost: its lease ends before its sockets, the others notice nothing', async () => {
  const node = new Node();
  await node.dns.claim([V4, V6]);
  expect(await node.dns.claim(['10.96.0.11', V6])).toEqual(['10.96.0.11', V6]);
  expect(node.story.slice(2)).toEqual([`unlisten ${V4}, leased ${V6}`, `listen 10.96.0.11, leased ${V6}`]);
  expect(node.kernel.leased().sort()).toEqual(['10.96.0.11', V6]);
  expect(node.kernel.addresses.join()).not.toContain(V4.concat('/'));
});

test('claiming the same again changes nothing', async () => {
  const node = new Node();
  await node.dns.claim([V4, V6]);
  const before = structuredClone({ addresses: node.kernel.addresses, tables: node.kernel.tables });
  await node.dns.claim([V4, V6]);
  expect({ addresses: node.kernel.addresses, tables: node.kernel.tables }).toEqual(before);
  expect(node.open).toHaveLength(2);
  expect(node.log.messages('info')).toEqual(['answering DNS on this node']);
});

test("somebody else's address is used, and never removed", async () => {
  const node = new Node();
  node.kernel.addresses.push(`${V4}/32`);
  expect(await node.dns.claim([V4])).toEqual([V4]);
  await node.dns.cleanup();
  expect(node.kernel.addresses).toEqual(['127.0.0.1/8', '::1/128', `${V4}/32`]);
});

test.each([
  ['ipset', 'ipset: command not found'],
  ['iptables-nft-restore', 'iptables-restore: unable to initialize table raw'],
  ['ip', 'RTNETLINK answers: Operation not permitted'],
])('without %s nothing is claimed, and the reason is told once', async (program, reason) => {
  const node = new Node();
  node.kernel.broken.set(program, reason);
  expect(await node.dns.claim([V4])).toEqual([]);
  expect(node.kernel.leased()).toEqual([]);
  await node.clock.advance(180_000);
  expect(node.kernel.leased()).toEqual([]);
  expect(node.log.lines.map(({ level, message }) => `${level}: ${message}`)).toEqual([
    'error: DNS is not answered on its own address on this node: queries go by the Service rules',
  ]);
  expect(String(node.log.lines[0]?.fields['error'])).toContain(reason);

  node.kernel.broken.clear();
  for (let second = 0; second < 62; second++) await node.clock.advance(1000);
  expect(node.kernel.leased()).toEqual([V4]);
});

test('an address that cannot be bound is left to other nodes; the other one is answered', async () => {
  const node = new Node();
  node.unbindable.add(V4);
  expect(await node.dns.claim([V4, V6])).toEqual([V6]);
  expect(node.kernel.leased()).toEqual([V6]);
  expect(node.kernel.addresses.join()).not.toContain(V4);
  expect(node.log.lines.find(({ level }) => level === 'error')?.fields).toEqual({
    address: V4,
    error: `listen EADDRINUSE ${V4}:53`,
  });
});

test('what others threw out of the kernel is put back within a minute', async () => {
  const node = new Node();
  await node.dns.claim([V4]);
  node.kernel.tables.clear();
  node.kernel.addresses.splice(2);
  node.kernel.sets.clear();
  await node.clock.advance(60_000);
  expect(node.kernel.table('iptables-nft', 'raw')).toHaveLength(10);
  expect(node.kernel.table('iptables-nft', 'nat')).toHaveLength(3);
  expect(node.kernel.addresses).toHaveLength(3);
  expect(node.kernel.leased()).toEqual([V4]);
});

test.each([
  ['the hooks of both tables', (node: Node): void => node.kernel.tables.clear()],
  [
    'one rule of table nat',
    (node: Node): void => {
      node.kernel.table('iptables-nft', 'nat').pop();
    },
  ],
])('%s are put back at once where somebody watches, and nobody does after the release', async (_, remove) => {
  const node = new Node();
  await node.dns.claim([V4]);
  const right = structuredClone(node.kernel.tables);
  expect(node.holdings).toHaveLength(1);
  remove(node);
  for (const { onForeign } of node.holdings) onForeign('rules of raw OUTPUT (IPv4) were removed');
  // One after the other, several programs run: more turns than one advance gives.
  for (let turn = 0; turn < 5; turn++) await node.clock.advance(0);
  expect(node.kernel.tables).toEqual(right);
  expect(node.log.messages('warn')).toContain(
    'somebody changed the DNS rules of this node: writing them again',
  );
  await node.dns.release();
  expect(node.holdings).toEqual([]);
});

test('the holding that is watched over', async () => {
  const node = new Node();
  await node.dns.claim([V4]);
  const [{ has, lasting } = { has: () => false, lasting: undefined }] = node.holdings;
  const places = ['raw OUTPUT', 'raw FAIRLEAD-DNS', 'nat POSTROUTING', 'raw ', 'nat OUTPUT', 'filter OUTPUT'];
  expect(places.filter((place) => has(place.split(' ')[0] ?? '', place.split(' ')[1] ?? ''))).toEqual(
    places.slice(0, 4),
  );
  expect(lasting?.lines.test('-A POSTROUTING -j FAIRLEAD-DNS')).toBe(true);
  expect(lasting?.lines.test('-A POSTROUTING -j KUBE-POSTROUTING')).toBe(false);
});

test('cleanup removes what is ours and nothing else, also without having claimed', async () => {
  const earlier = new Node();
  const theirs = '-A PREROUTING -p tcp -j ACCEPT';
  earlier.kernel.table('iptables-nft', 'raw').push(theirs);
  earlier.kernel.sets.set('THEIRS', []);
  await earlier.dns.claim([V4, V6]);
  const node = new Node(earlier);
  await earlier.dns.release();
  await node.dns.cleanup();
  expect(node.kernel.addresses).toEqual(['127.0.0.1/8', '::1/128']);
  expect(node.kernel.table('iptables-nft', 'raw')).toEqual([theirs]);
  expect(node.kernel.table('iptables-nft', 'nat')).toEqual([]);
  expect([...node.kernel.sets.keys()]).toEqual(['THEIRS']);
  expect(node.log.lines).toEqual([]);
});

test('addresses of a family without programs are left to other nodes', async () => {
  const [kernel, clock, log] = [new FakeKernel(new FakeClock()), new FakeClock(), new FakeLog()];
  const listener = { listen: () => Promise.resolve(), unlisten: () => Promise.resolve() };
  const dns = createNodeDns({
    exec: kernel,
    companion: kernel.companion,
    clock,
    log,
    listener,
    programs: [programs('IPv4')],
  });
  expect(await dns.claim([V4, V6])).toEqual([V4]);
  expect(kernel.ran.some((line) => line.includes(V6) || line.startsWith('ip6tables'))).toBe(false);
});
