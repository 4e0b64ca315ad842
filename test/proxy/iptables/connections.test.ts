import { expect, test } from 'vitest';
import type { Exec } from '../../../src/host/exec.ts';
import { Connections, type CountedTables } from '../../../src/proxy/iptables/connections.ts';
import type { Owned } from '../../../src/proxy/iptables/family/mirror.ts';
import { toolsOf } from '../../../src/proxy/iptables/kernel/tools.ts';
import { FakeClock } from '../../fake/clock.ts';

/** A kernel that has counted `packets` by chain, and whose reading takes 10 ms. */
class World implements CountedTables {
  readonly clock = new FakeClock();
  readonly packets = new Map<string, number>();
  readonly services = new Map<string, Owned>();
  readonly tools = toolsOf({ variant: 'nft', suffix: '-nft', version: '1.8.9' }, 'IPv4');
  known = true;
  invalid = 0;
  code = 0;
  reads = 0;
  running = 0;
  readonly connections: Connections;

  constructor() {
    const exec: Exec = {
      run: async (argv, options) => {
        expect(argv.slice(0, 3)).toEqual(['iptables-nft-save', '-c', '-t']);
        expect(++this.running).toBe(1);
        await new Promise<void>((resolve) => {
          this.clock.after(5, resolve);
        });
        this.running--;
        if (argv[3] === 'nat') this.reads += 1;
        options?.onStdout?.(argv[3] === 'nat' ? this.nat() : this.filter());
        return { code: this.code, stdout: '', stderr: '' };
      },
    };
    this.connections = new Connections({ exec, clock: this.clock, tables: [this] });
  }

  get owned(): ReadonlyMap<string, Owned> | undefined {
    return this.known ? this.services : undefined;
  }

  has(key: string, ...chains: readonly string[]): void {
    const owned = chains.map((name) => ({ name, hash: '', rules: 2 }));
    this.services.set(key, { chains: owned, hooks: [], endpoints: chains.length });
  }

  nat(): string {
    const lines = [...this.packets].flatMap(([chain, count]) => [
      `[${count}:0] -A KUBE-SVC-X -m comment --comment "shop/web -> 10.0.1.1:80" -j ${chain}`,
      `[${count}:0] -A ${chain} -s 10.0.1.1/32 -j KUBE-MARK-MASQ`,
      `[${count}:60] -A ${chain} -p tcp -m tcp -j DNAT --to-destination 10.0.1.1:80`,
    ]);
    return [
      '*nat',
      ':PREROUTING ACCEPT [9:9]',
      ...lines,
      '[8:8] -A CNI -j DNAT --to-destination 10.0.0.9',
      'COMMIT',
      '',
    ].join('\n');
  }

  filter(): string {
    return `*filter\n[${this.invalid}:0] -A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP\n[7:0] -A KUBE-FORWARD -j ACCEPT\nCOMMIT\n`;
  }

  async read(afterMs = 60_000): Promise<Record<string, number>> {
    await this.clock.advance(afterMs);
    const done = this.connections.refresh();
    await this.clock.advance(10);
    await done;
    return Object.fromEntries(this.connections.services);
  }
}

test('connections are those of a Service’s endpoints, added up', async () => {
  const world = new World();
  world.has('shop/web', 'KUBE-SVC-X', 'KUBE-SEP-A', 'KUBE-SEP-B');
  world.has('shop/idle', 'KUBE-SEP-C');
  world.packets.set('KUBE-SEP-A', 3).set('KUBE-SEP-B', 4).set('KUBE-SEP-C', 0);
  world.invalid = 2;
  expect(await world.read()).toEqual({ 'shop/web': 7 });
  world.packets.set('KUBE-SEP-A', 5).set('KUBE-SEP-C', 1);
  world.invalid = 5;
  expect(await world.read()).toEqual({ 'shop/web': 9, 'shop/idle': 1 });
  expect(world.connections.invalid).toBe(5);
});

test('rules that were written anew, or are gone, take nothing back', async () => {
  const world = new World();
  world.has('shop/web', 'KUBE-SEP-A', 'KUBE-SEP-B');
  world.packets.set('KUBE-SEP-A', 30).set('KUBE-SEP-B', 20);
  await world.read();
  world.packets.set('KUBE-SEP-A', 2).delete('KUBE-SEP-B');
  world.has('shop/web', 'KUBE-SEP-A');
  expect(await world.read()).toEqual({ 'shop/web': 52 });
  world.services.clear();
  expect(await world.read()).toEqual({});
});

test.each([
  ['whose chains they are is not known', (world: World) => (world.known = false)],
  ['they cannot be read', (world: World) => (world.code = 4)],
])('while %s, all stays as it was, and is counted later', async (_, break_) => {
  const world = new World();
  world.has('shop/web', 'KUBE-SEP-A');
  world.packets.set('KUBE-SEP-A', 3);
  await world.read();
  break_(world);
  world.packets.set('KUBE-SEP-A', 8);
  expect(await world.read()).toEqual({ 'shop/web': 3 });
  world.known = true;
  world.code = 0;
  expect(await world.read()).toEqual({ 'shop/web': 8 });
});

test('however many ask, counters are read once at a time, and not again for 30 s', async () => {
  const world = new World();
  const asked = [world.connections.refresh(), world.connections.refresh()];
  await world.clock.advance(10);
  await Promise.all(asked);
  expect(world.reads).toBe(1);
  await world.read(29_000);
  expect(world.reads).toBe(1);
  await world.read(1_500);
  expect(world.reads).toBe(2);
});

test('a thousand Services are told one by one, all others together', async () => {
  const world = new World();
  for (let n = 0; n < 1010; n++) {
    world.has(`shop/s${n}`, `KUBE-SEP-${n}`);
    world.packets.set(`KUBE-SEP-${n}`, 2);
  }
  expect(Object.keys(await world.read())).toHaveLength(1000);
  expect(world.connections.others).toBe(20);
  world.packets.set('KUBE-SEP-1005', 5);
  await world.read();
  expect(world.connections.others).toBe(23);
});
