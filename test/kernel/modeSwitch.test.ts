/** From one mode to the other and back, while connections run: none may fail, and what fails must be undone. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { askAgent } from '../../src/commands/agent/askAgent.ts';
import { systemExec } from '../../src/host/exec.ts';
import { inNetns, mustRun } from '../../src/playground/network/netns.ts';
import type { Mode } from '../../src/proxy/backend.ts';
import { RELAY_ADDRESSES } from '../../src/proxy/userspace/addresses.ts';
import type { LoadCommand, LoadReport } from '../support/loadProgram.ts';
import { NODE } from '../support/manifests.ts';
import { TestNet } from '../support/net.ts';
import { makeWorld, until, type World } from './agentWorld.ts';
import { LineAnswers } from './lineAnswers.ts';
import { peerService, startPeer, targetsAt } from './peers.ts';

const SUPPORT = join(import.meta.dirname, '../support');
const CLUSTER_IPS = ['10.96.0.30', 'fd00:96::30'] as const;
const TARGETS = targetsAt(CLUSTER_IPS);
const SWITCHES = 20;
const EVERY_MS = 10;

/** An agent with Service `shop/echo`, and a pod that uses it. */
class Story {
  readonly world: World;
  readonly load: LineAnswers<LoadCommand, LoadReport>;
  #agent: ChildProcess | undefined;

  constructor(world: World) {
    this.world = world;
    const program = join(SUPPORT, 'loadProgram.ts');
    this.load = new LineAnswers(world.net.start(world.client, process.execPath, program));
  }

  /** Does not wait for it. */
  start(mode: Mode): void {
    this.#agent = this.world.start(`--mode=${mode}`, '--dns=off', '--cluster-cidr=fd00:244::/32');
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const agent = this.#agent;
    if (agent === undefined) return;
    agent.kill(signal);
    await once(agent, 'exit');
  }

  to(mode: Mode): Promise<unknown> {
    const socket = join(this.world.folder, 'run/fairlead.sock');
    return askAgent(socket, `/mode?to=${mode}`, { method: 'POST', timeoutMs: 30_000 });
  }

  async mode(): Promise<string> {
    return (await this.world.fairlead('mode')).stdout.trim();
  }
}

async function tell(world: World): Promise<Story> {
  world.write(NODE, ...peerService('echo', CLUSTER_IPS, [['10.244.1.2'], ['fd00:244:1::2']]));
  // Nobody is at the addresses of Services; a node needs some route to them for its own packets to set out.
  await world.net.ip(world.node, 'route add default via 10.244.2.2', 'route add default via fd00:244:2::2');
  await startPeer(world.net, world.web);
  return new Story(world);
}

const other = (mode: Mode): Mode => (mode === 'iptables' ? 'userspace' : 'iptables');

describe.concurrent.each(['nft', 'legacy'])('on %s', (variant) => {
  test('connections, new and old, through whatever happens to the mode', async ({ annotate }) => {
    await using net = new TestNet();
    const story = await tell(await makeWorld(net, variant));
    const { world, load } = story;
    story.start('iptables');
    await world.ready();

    // Twenty switches under load; connections of each mode live on in the other.
    await load.ask({ do: 'open', targets: TARGETS });
    await load.ask({ do: 'load', targets: TARGETS, everyMs: EVERY_MS });
    let mode: Mode = 'iptables';
    for (let n = 0; n < SWITCHES; n++) {
      mode = other(mode);
      await story.to(mode);
      await load.ask({ do: 'more', count: 5 });
      if (n === 0) await load.ask({ do: 'open', targets: TARGETS });
      await load.ask({ do: 'try' });
    }
    expect(mode).toBe('iptables');
    // Listeners are closed by now, or soon; what they carried goes on, datagrams find another way.
    await sleep(4_000);
    const loaded = await load.ask({ do: 'try' });
    expect(loaded.failed).toEqual([]);
    expect(loaded.made).toBeGreaterThan(SWITCHES * 5 * TARGETS.length);
    expect(loaded.again).toBeLessThanOrEqual(TARGETS.length);

    // A relay that nobody gets to: the probe sees it, and the mode before is in force again.
    await load.ask({ do: 'load', targets: [], everyMs: EVERY_MS });
    const block = async (command: '-I' | '-D'): Promise<void> => {
      const refuse = ['-p', 'tcp', '-j', 'REJECT', '--reject-with', 'tcp-reset'];
      for (const [program, address] of [
        [`iptables-${variant}`, RELAY_ADDRESSES.IPv4],
        [`ip6tables-${variant}`, RELAY_ADDRESSES.IPv6],
      ] as const)
        await mustRun(
          systemExec,
          inNetns(world.node.name, [program, command, 'INPUT', '-d', address, ...refuse]),
        );
    };
    await block('-I');
    await expect(story.to('userspace')).rejects.toThrow(
      /^mode userspace does not work here: shop\/echo was reached at \S+ port 7000 before, and is not now; iptables is in force again$/,
    );
    expect(await story.mode()).toBe('iptables');
    await block('-D');

    // One that this node gets to, and a pod does not: only the tracer sees it.
    const drop = ['INPUT', '-s', '10.244.1.2', '-d', RELAY_ADDRESSES.IPv4, '-j', 'DROP'];
    await world.node.run(`iptables-${variant}`, '-I', ...drop);
    await expect(story.to('userspace')).rejects.toThrow(
      /: rules lead from 10\.244\.1\.2 to shop\/echo:tcp at 10\.96\.0\.30 port 7000 to a rule that refuses them: table filter, chain INPUT: -s 10\.244\.1\.2\/32 .* -j DROP; iptables is in force again$/,
    );
    await world.node.run(`iptables-${variant}`, '-D', ...drop);

    // From here on the configuration says userspace. A stop and a start under load: no new connection fails.
    await story.to('userspace');
    await load.ask({ do: 'load', targets: TARGETS, everyMs: EVERY_MS });
    await load.ask({ do: 'more', count: 20 });
    await story.end('SIGTERM');
    await load.ask({ do: 'more', count: 20 });
    story.start('userspace');
    await world.ready();
    expect(await story.mode()).toBe('userspace');
    await load.ask({ do: 'more', count: 20 });
    const after = await load.ask({ do: 'load', targets: [], everyMs: EVERY_MS });
    expect(after.failed).toEqual([]);
    const rules = await world.rules(variant);

    // Killed, in the mode and in the middle of a switch: a start brings back what is configured, and serves.
    for (const late of [0, 5, 25]) {
      if (late > 0) void story.to('iptables').catch(() => undefined);
      await sleep(late);
      await story.end('SIGKILL');
      const restarted = performance.now();
      story.start('userspace');
      await until(async () => (await load.ask({ do: 'connect', targets: TARGETS })).failed.length === 0);
      const milliseconds = Math.round(performance.now() - restarted);
      await annotate(
        `killed ${late} ms into a switch, a new agent serves ${milliseconds} ms after its start`,
      );
      await world.ready();
      expect(await story.mode()).toBe('userspace');
      expect(await world.rules(variant)).toBe(rules);
    }
    await story.end('SIGTERM');
    const cleaned = await world.fairlead('cleanup');
    expect(cleaned.stderr).toBe('');
    const addresses = (await world.node.run('ip', '-brief', 'address', 'show', 'lo')).stdout;
    for (const address of Object.values(RELAY_ADDRESSES)) expect(addresses).not.toContain(address);
  });
});
