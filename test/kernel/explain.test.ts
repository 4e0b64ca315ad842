/** What `explain` says of a Service, beside what a pod meets there: on real rules, sockets and packets. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { command } from '../../src/commands/explain.ts';
import { dispatch } from '../../src/commands/line/dispatch.ts';
import { DNS, NODE, service, WEB } from '../support/manifests.ts';
import { eventually } from '../support/eventually.ts';
import { TestNet } from '../support/net.ts';
import { makeWorld, until, type World } from './agentWorld.ts';

const POD = '10.244.2.2';

/** Of Service `shop/NAME`, at port 80, whose endpoints listen, or not, at `port` of `web-1`. */
function slice(name: string, port: number, ready: boolean): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-1`, namespace: 'shop', labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: '', protocol: 'TCP', port }],
    endpoints: [{ addresses: ['10.244.1.2'], nodeName: 'n1', conditions: { ready } }],
  };
}

/** Whoever asks it is remembered. */
function sticky(): object {
  const { spec, ...rest } = service('sticky', '10.96.0.33', 80) as { readonly spec: object };
  return { ...rest, spec: { ...spec, sessionAffinity: 'ClientIP' } };
}

interface Told {
  readonly works: boolean;
  readonly cause: string;
  readonly verdict: string;
  readonly more: readonly object[];
}

interface Printed {
  readonly code: number;
  readonly stdout: string;
}

/** The command, without a process of its own: the agent's socket is a file, whichever network it is in. */
async function print(world: World, ...args: string[]): Promise<Printed> {
  const lines: string[] = [];
  const io = { stdout: (text: string) => lines.push(text), stderr: (text: string) => lines.push(text) };
  const argv = ['explain', ...args, '--run-dir', join(world.folder, 'run')];
  const code = await dispatch({ explain: () => Promise.resolve({ command }) }, argv, { ...io, env: {} });
  return { code, stdout: lines.join('\n') };
}

async function explain(world: World, ...args: string[]): Promise<Told & { readonly code: number }> {
  const { code, stdout } = await print(world, '-o', 'json', ...args);
  return { ...(JSON.parse(stdout) as Told), code };
}

/** 0 answered, 7 refused or nowhere to go, 28 no answer in time. */
async function curl(world: World, url: string, seconds = 50): Promise<number> {
  return (await world.client.run('curl', '-sSo', '/dev/null', '-m', String(seconds), url)).code;
}

describe.concurrent.each(['nft', 'legacy'])('with iptables-%s', (variant) => {
  test('what is explained is what a pod meets', async () => {
    await using net = new TestNet();
    const world = await makeWorld(net, variant);
    world.write(
      NODE,
      ...WEB,
      ...DNS,
      service('empty', '10.96.0.30', 80),
      service('unready', '10.96.0.31', 80),
      slice('unready', 8080, false),
      service('wrong', '10.96.0.32', 80),
      slice('wrong', 9999, true),
      sticky(),
      slice('sticky', 8080, true),
    );
    // Nobody is at the addresses of Services; a node needs some route to them for its own packets to set out.
    await net.ip(world.node, 'route add default via 10.244.1.2');
    world.start();
    await world.ready();

    const rows = [
      ['shop/web', 'http://10.96.0.20/', 0, 'works', /^shop\/web works: its only endpoint answers$/],
      ['shop/empty', 'http://10.96.0.30/', 7, 'no-selector', /nobody has written an EndpointSlice for it$/],
      [
        '10.96.0.31:80',
        'http://10.96.0.31/',
        7,
        'not-ready',
        /its only endpoint is not ready: 10.244.1.2:8080 \(on n1\)$/,
      ],
      [
        'wrong.shop.svc.cluster.local',
        'http://10.96.0.32/',
        7,
        'refused',
        /its only endpoint refuses connections: 10.244.1.2:9999$/,
      ],
    ] as const;
    for (const [what, url, met, cause, verdict] of rows) {
      expect([what, await curl(world, url)]).toEqual([what, met]);
      // A connection that takes too long on a busy machine is no verdict.
      await eventually(async () => {
        const told = await explain(world, what, '--from', POD);
        expect(told).toMatchObject({ cause, works: met === 0, code: met === 0 ? 0 : 1 });
        if (met === 0) expect(told.more).toEqual([]);
        expect(told.verdict).toMatch(verdict);
      });
    }

    const text = await world.fairlead('explain', 'shop/web', '--from', POD);
    expect(text.stdout).toMatch(/^rules +(nf_tables|legacy), as they should be$/m);
    expect(text.stdout).toMatch(/^name +web\.shop\.svc\.cluster\.local {2}A 10\.96\.0\.20$/m);
    expect(text.stdout).toMatch(/^packets +from 10\.244\.2\.2 to 10\.96\.0\.20:80: to 10\.244\.1\.2:8080$/m);
    expect(text.stdout).toMatch(/^connections +\d+ tracked: \d+ to 10\.244\.1\.2:8080$/m);
    const held = / held by affinity to 10\.244\.1\.2:8080 unless its time is over$/m;
    expect((await print(world, 'shop/sticky', '--from', POD)).stdout).not.toMatch(held);
    expect(await curl(world, 'http://10.96.0.33/')).toBe(0);
    expect((await print(world, 'shop/sticky', '--from', POD)).stdout).toMatch(held);

    await eventually(async () =>
      expect(await explain(world, 'kube-system/kube-dns')).toMatchObject({ works: true }),
    );
    expect(await explain(world, 'shop/none')).toMatchObject({ cause: 'no-such-service' });

    // Somebody's rule, before ours.
    await world.node.run(`iptables-${variant}`, '-w', '-I', 'FORWARD', '-s', POD, '-p', 'tcp', '-j', 'DROP');
    expect(await curl(world, 'http://10.96.0.20/', 1)).toBe(28);
    const dropped = await explain(world, 'shop/web', '--from', POD);
    expect(dropped).toMatchObject({ cause: 'dropped', works: false, code: 1 });
    expect(dropped.verdict).toContain(`filter FORWARD: -s ${POD}/32 -p tcp -j DROP`);
    await world.node.run(`iptables-${variant}`, '-w', '-F', 'FORWARD');
    // It took ours with it: whatever is told until they are back, in the end it works again.
    await until(async () => (await explain(world, 'shop/web', '--from', POD)).works);
    expect(await curl(world, 'http://10.96.0.20/')).toBe(0);

    expect(await world.fairlead('mode', 'userspace')).toMatchObject({ code: 0 });
    await until(async () => (await explain(world, 'shop/web', '--from', POD)).works);
    await until(async () => (await explain(world, 'shop/wrong', '--from', POD)).cause === 'refused');
    const relayed = await print(world, 'shop/web', '--from', POD);
    expect(relayed.stdout).toMatch(/^relayed +by the agent at 169\.254\.20\.11:\d+: /m);
    expect(await curl(world, 'http://10.96.0.20/')).toBe(0);
  });
});
