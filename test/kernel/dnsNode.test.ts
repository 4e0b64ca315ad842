import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Netns } from '../../src/playground/network/netns.ts';
import { TestNet } from '../support/net.ts';
import { makeTwoNodes } from './twoNodes.ts';

const PROGRAM = join(import.meta.dirname, '../support/dnsAgentProgram.ts');
const CLIENT = join(import.meta.dirname, '../support/nameClientProgram.ts');
const VIPS = ['10.96.0.10', 'fd10::a'];
const HERE = '198.51.100.1';
const ELSEWHERE = '198.51.100.2';

interface Cluster {
  readonly node: Netns;
  readonly pod: Netns;
}

/** A pod behind a node whose Service rules carry DNS to another node, where somebody answers on port 10053. */
async function makeCluster(net: TestNet, variant: string): Promise<Cluster> {
  const { node, other, pod } = await makeTwoNodes(net);
  await net.ip(node, 'route add default via 10.0.0.2', 'route add default via fd00::2');
  for (const [program, vip, to] of [
    [`iptables-${variant}`, VIPS[0], '10.0.0.2:10053'],
    [`ip6tables-${variant}`, VIPS[1], '[fd00::2]:10053'],
  ] as const) {
    for (const chain of ['PREROUTING', 'OUTPUT']) {
      for (const protocol of ['udp', 'tcp']) {
        const match = ['-d', vip ?? '', '-p', protocol, '--dport', '53'];
        const rule = ['-t', 'nat', '-A', chain, ...match, '-j', 'DNAT', '--to-destination', to];
        const { code, stderr } = await node.run(program, ...rule);
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      }
    }
  }
  const server = new Agent(net, other, ELSEWHERE, '10.0.0.2:10053', '[fd00::2]:10053');
  expect(await server.line()).toBe('listening');
  return { node, pod };
}

/** A program that says a line for each line that it is told. */
class Program {
  readonly process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(net: TestNet, netns: Netns, program: string, args: readonly string[]) {
    const child = net.start(netns, process.execPath, program, ...args);
    this.process = child;
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const { value } = await this.#lines.next();
    return String(value);
  }

  say(line: string): Promise<string> {
    this.process.stdin?.write(`${line}\n`);
    return this.line();
  }
}

class Agent extends Program {
  constructor(net: TestNet, netns: Netns, ...args: string[]) {
    super(net, netns, PROGRAM, args);
  }
}

/** TCP connections to both addresses, made at once; each asks when told to. */
async function held(net: TestNet, from: Netns): Promise<() => Promise<string[]>> {
  const client = new Program(net, from, CLIENT, ['hold', ...VIPS]);
  expect(await client.line()).toBe('connected');
  return async () => [await client.say('a.test'), await client.say('a.test')];
}

/** What each of the four ways of asking is told, from one place: both families, UDP and TCP. */
async function answers(from: Netns): Promise<string[]> {
  const ways = VIPS.flatMap((vip) => [[vip], [vip, '+tcp']] as const);
  return Promise.all(
    ways.map(async ([vip, ...flags]) => {
      const { stdout } = await from.run(
        'dig',
        `@${vip}`,
        '+tries=1',
        '+time=5',
        '+short',
        ...flags,
        'a.test',
        'A',
      );
      return stdout.trim().split('\n').at(-1) ?? '';
    }),
  );
}

const all = (answer: string): string[] => Array.from({ length: 4 }, () => answer);

async function untilAnswered(from: Netns, by: string): Promise<void> {
  // The runner's limit bounds it: a slow machine is no failure.
  while ((await answers(from)).some((answer) => answer !== by)) await wait(100);
}

async function kernelState(node: Netns, variant: string): Promise<string> {
  const commands: [string, ...string[]][] = [
    [`iptables-${variant}-save`],
    [`ip6tables-${variant}-save`],
    ['ipset', 'list', '-name'],
    ['ip', '-oneline', 'address', 'show', 'dev', 'lo'],
  ];
  const outputs: string[] = [];
  for (const command of commands) outputs.push((await node.run(...command)).stdout);
  // Save files have the time in comments, and counters.
  return outputs.join('').replaceAll(/^#.*\n|\[\d+:\d+\]|lft.*/gm, '');
}

describe.each(['nft', 'legacy'])('with iptables-%s', (variant) => {
  test('the node answers its own pods, and other nodes do when the agent is killed', async () => {
    await using net = new TestNet();
    const { node, pod } = await makeCluster(net, variant);
    expect(await answers(pod)).toEqual(all(ELSEWHERE));

    const agent = new Agent(net, node, HERE, 'claim', variant, ...VIPS);
    expect(await agent.line()).toBe(`claimed ${VIPS.join(' ')}`);
    await node.run('conntrack', '-F');
    expect(await answers(pod)).toEqual(all(HERE));
    expect(await answers(node)).toEqual(all(HERE));
    for (const family of ['ipv4', 'ipv6']) {
      expect((await node.run('conntrack', '-L', '-f', family)).stdout).not.toContain('port=53 ');
    }

    // Longer than a lease lasts that nobody renews.
    await wait(4000);
    expect(await answers(pod)).toEqual(all(HERE));

    agent.process.kill('SIGKILL');
    await untilAnswered(pod, ELSEWHERE);
    await untilAnswered(node, ELSEWHERE);

    const successor = new Agent(net, node, HERE, 'claim', variant, ...VIPS);
    expect(await successor.line()).toBe(`claimed ${VIPS.join(' ')}`);
    expect(await answers(pod)).toEqual(all(HERE));
    expect(await successor.say('release')).toBe('released');
    expect(await answers(pod)).toEqual(all(ELSEWHERE));
    expect(await answers(node)).toEqual(all(ELSEWHERE));
  });

  test('a TCP connection stays with the node that took it, when the lease begins and when it ends', async () => {
    await using net = new TestNet();
    const { node, pod } = await makeCluster(net, variant);
    const [before, beforeOnNode] = [await held(net, pod), await held(net, node)];
    const agent = new Agent(net, node, HERE, 'claim', variant, ...VIPS);
    expect(await agent.line()).toBe(`claimed ${VIPS.join(' ')}`);
    expect(await before()).toEqual([ELSEWHERE, ELSEWHERE]);
    expect(await beforeOnNode()).toEqual([ELSEWHERE, ELSEWHERE]);
    const [during, duringOnNode] = [await held(net, pod), await held(net, node)];
    expect(await agent.say('release')).toBe('released');
    expect(await during()).toEqual([HERE, HERE]);
    expect(await duringOnNode()).toEqual([HERE, HERE]);
    expect(await answers(pod)).toEqual(all(ELSEWHERE));
  });

  test('cleanup leaves what it found', async () => {
    await using net = new TestNet();
    const { node } = await makeCluster(net, variant);
    // Somebody else's: an address like ours, an empty raw table, a set.
    await net.ip(node, 'address add 169.254.20.10/32 dev lo', 'address add fd10::b/128 dev lo');
    await node.run('ipset', 'create', 'THEIRS', 'hash:ip');
    for (const program of ['iptables', 'ip6tables']) {
      await node.run(`${program}-${variant}`, '-t', 'raw', '-A', 'PREROUTING', '-p', 'tcp', '-j', 'ACCEPT');
    }
    await node.run(`iptables-${variant}`, '-t', 'nat', '-A', 'POSTROUTING', '-p', 'tcp', '-j', 'ACCEPT');
    const before = await kernelState(node, variant);

    const agent = new Agent(net, node, HERE, 'claim', variant, ...VIPS, '169.254.20.10');
    expect(await agent.line()).toBe(`claimed ${VIPS.join(' ')} 169.254.20.10`);
    expect(await kernelState(node, variant)).toContain('FAIRLEAD-DNS');
    expect(await agent.say(`claim ${VIPS[0]}`)).toBe(`claimed ${VIPS[0]}`);
    expect(await agent.say('cleanup')).toBe('cleaned');
    expect(await kernelState(node, variant)).toBe(before);
  });
});
