/** What goes wrong on a node, and what comes of it: one row for each failure, told as the log tells it. */
import { setImmediate as immediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { ExecResult } from '../../../src/host/exec.ts';
import type { Family } from '../../../src/net/ip.ts';
import { createIptablesBackend, type IptablesBackend } from '../../../src/proxy/iptables/backend.ts';
import { Syncer } from '../../../src/proxy/syncer.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeIptables } from '../../fake/iptables.ts';
import { send } from '../../fake/iptablesPacket.ts';
import { FakeLog } from '../../fake/log.ts';
import { loadedCatalog, NODE_IP, POD, proxySettings, service, slice } from '../cluster.ts';

type Variant = 'nft' | 'legacy';

class World {
  readonly variant: Variant;
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  readonly exec = new FakeIptables();
  readonly catalog = loadedCatalog([
    service('shop/web', '10.96.0.1'),
    slice('shop/web', ['10.0.1.1']),
    service('shop/db', '10.96.0.2'),
    slice('shop/db', ['10.0.2.1']),
  ]);

  constructor(variant: Variant) {
    this.variant = variant;
  }

  backend(exec = this.exec, families: readonly Family[] = ['IPv4']): Promise<IptablesBackend> {
    return createIptablesBackend({
      settings: proxySettings({ iptablesBackend: this.variant, families }),
      exec,
      sysctl: { read: () => Promise.resolve('1'), write: () => Promise.resolve() },
      log: this.log,
      clock: this.clock,
      localAddresses: () => Promise.resolve([NODE_IP]),
    });
  }

  /** Lets time pass, and syncs come to their end: they wait for nothing but turns of promises. */
  async advance(ms: number): Promise<void> {
    await immediate();
    await this.clock.advance(ms);
    await immediate();
  }

  reached(address: string): string {
    const packet = { from: POD, to: address, port: 80, local: [NODE_IP] };
    return send(this.exec.tables(this.variant), packet).endpoints.join(' ');
  }
}

interface Failure {
  /** Of the program, as its name ends. */
  readonly program: '-restore' | '-save';
  readonly result: Pick<ExecResult, 'code' | 'stderr'>;
  /** What the log says after `rules are not in the kernel yet: `. */
  readonly told: RegExp;
}

/** All of them pass: the same is tried again, later each time, until it works. */
const FAILURES: Readonly<Record<string, Failure>> = {
  'the xtables lock held by another program': {
    program: '-restore',
    result: { code: 4, stderr: 'Another app is currently holding the xtables lock; still -1s to go' },
    told: /-restore exits with 4: .*another program has held the lock of iptables for 30 s$/,
  },
  'a restore refused at a line that no Service is to blame for': {
    program: '-restore',
    result: { code: 4, stderr: 'line 2: CHAIN_ADD failed (Operation not supported): chain KUBE-MARK-MASQ' },
    told: /Operation not supported.* \(line 2: .*\)$/,
  },
  'no room in the kernel': {
    program: '-restore',
    result: { code: 4, stderr: 'line 3: RULE_APPEND failed (No space left on device): rule in chain X' },
    told: /No space left on device/,
  },
  'no memory in the kernel': {
    program: '-restore',
    result: { code: 1, stderr: "iptables-restore: unable to initialize table 'nat'\nCannot allocate memory" },
    told: /unable to initialize table 'nat' Cannot allocate memory$/,
  },
  'a restore that hangs, and is killed': {
    program: '-restore',
    result: { code: 124, stderr: '' },
    told: /-restore exits with 124: no reason given$/,
  },
  'a restore killed for want of memory': {
    program: '-restore',
    result: { code: 128, stderr: 'killed by SIGKILL' },
    told: /killed by SIGKILL$/,
  },
  'no process can be started': {
    program: '-restore',
    result: { code: 127, stderr: 'spawn EAGAIN' },
    told: /-restore exits with 127: spawn EAGAIN$/,
  },
};

const RETRIES = [500, 1000, 2000, 4000];

describe.each(['nft', 'legacy'] as const)('on %s', (variant) => {
  test.each(Object.entries(FAILURES))(
    '%s: tried again with back-off, and nothing half-visible',
    async (_, { program, result, told }) => {
      const world = new World(variant);
      const { exec, clock, log, catalog } = world;
      const syncer = new Syncer({ backend: await world.backend(), clock, log });
      syncer.update(catalog.picture, undefined);
      await world.advance(1000);
      expect(syncer.state()).toMatchObject({ error: '', pending: 0 });
      const before = exec.dump(variant);

      let failing = true;
      exec.onRun = (argv) =>
        failing && String(argv[0]).endsWith(program) ? { ...result, stdout: '' } : undefined;
      catalog.upsert(slice('shop/web', ['10.0.1.9']));
      syncer.update(catalog.picture, catalog.publish());
      for (const [n, retryMs] of RETRIES.entries()) {
        await world.advance(0);
        const lines = log.lines.filter(({ level }) => level === 'error');
        expect(lines).toHaveLength(n + 1);
        expect(lines.at(-1)).toMatchObject({ fields: { retryMs }, message: expect.stringMatching(told) });
        expect(exec.dump(variant)).toBe(before);
        expect(syncer.state()).toMatchObject({ error: expect.stringMatching(told), pending: 2 });
        // What changes meanwhile goes with the next try, and does not hasten it.
        catalog.upsert(slice('shop/db', [`10.0.2.${n + 2}`]));
        syncer.update(catalog.picture, catalog.publish());
        await world.advance(retryMs - 1);
        expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(n + 1);
        if (n === RETRIES.length - 1) failing = false;
        await world.advance(1);
      }
      await world.advance(0);
      expect(syncer.state()).toMatchObject({ error: '', pending: 0, waitingMs: 0, setAside: [] });
      expect([world.reached('10.96.0.1'), world.reached('10.96.0.2')]).toEqual([
        '10.0.1.9:80',
        '10.0.2.5:80',
      ]);
      const fresh = new FakeIptables();
      await (await world.backend(fresh)).sync(catalog.picture, undefined);
      expect(exec.dump(variant)).toBe(fresh.dump(variant));
    },
  );

  test('the kernel’s rules cannot be read at start: the same', async () => {
    const world = new World(variant);
    const { exec, clock, log, catalog } = world;
    const syncer = new Syncer({ backend: await world.backend(), clock, log });
    exec.onRun = (argv) =>
      String(argv[0]).endsWith('-save') ? { code: 1, stdout: '', stderr: 'Permission denied' } : undefined;
    syncer.update(catalog.picture, undefined);
    await world.advance(499);
    expect(log.messages('error')).toEqual([
      expect.stringMatching(
        /^rules are not in the kernel yet: iptables-\w+-save exits with 1: Permission denied$/,
      ),
    ]);
    expect(exec.restores).toEqual([]);
    exec.onRun = () => undefined;
    await world.advance(1);
    expect(world.reached('10.96.0.1')).toBe('10.0.1.1:80');
  });

  test('one family fails: the other follows at once, and the first is tried again at its own pace', async () => {
    const world = new World(variant);
    const { exec, clock, log, catalog } = world;
    const both = ['IPv4', 'IPv6'] as const;
    const syncer = new Syncer({ backend: await world.backend(exec, both), clock, log });
    const synced: string[] = [];
    syncer.onSynced({
      synced: ({ byFamily }, full) =>
        synced.push(`${byFamily.map(({ family }) => family).join()}${full ? ' full' : ''}`),
    });
    let tries = 0;
    let failing = true;
    exec.onRun = (argv) => {
      if (argv[0] !== `ip6tables-${variant}-restore`) return undefined;
      tries += 1;
      return failing ? { code: 4, stdout: '', stderr: 'No space left on device' } : undefined;
    };
    syncer.update(catalog.picture, undefined);
    await world.advance(0);
    expect(world.reached('10.96.0.1')).toBe('10.0.1.1:80');
    expect(syncer.state().error).toMatch(/^IPv6: ip6tables-\w+-restore exits with 4: No space left/);

    // IPv4 is as quick as ever, whatever IPv6 does.
    for (let n = 2; n < 12; n++) {
      catalog.upsert(slice('shop/web', [`10.0.1.${n}`]));
      syncer.update(catalog.picture, catalog.publish());
      await world.advance(100);
      expect(world.reached('10.96.0.1')).toBe(`10.0.1.${n}:80`);
    }
    expect(tries).toBe(2);
    await world.advance(1000);
    expect(tries).toBe(3);
    expect(log.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { fields: { family: 'IPv6', retryMs: 500 } },
      { fields: { family: 'IPv6', retryMs: 1000 } },
      { fields: { family: 'IPv6', retryMs: 2000 } },
    ]);
    // Load balancers are told of it, as of any change that waits.
    expect(syncer.state().waitingMs).toBe(clock.monotonic());
    expect(syncer.waitingMsOf('IPv6')).toBe(clock.monotonic());
    expect(syncer.waitingMsOf('IPv4')).toBe(0);

    failing = false;
    synced.length = 0;
    await world.advance(2500);
    expect(synced).toEqual(['IPv4,IPv6 full']);
    expect(syncer.state()).toMatchObject({ error: '', waitingMs: 0, pending: 0 });
    const fresh = new FakeIptables();
    await (await world.backend(fresh, both)).sync(catalog.picture, undefined);
    expect(exec.dump(variant, true)).toBe(fresh.dump(variant, true));
    expect(exec.dump(variant)).toBe(fresh.dump(variant));
  });

  test('one family fails and then the other too: both are tried again, and both come back', async () => {
    const world = new World(variant);
    const { exec, clock, log, catalog } = world;
    const both = ['IPv4', 'IPv6'] as const;
    const syncer = new Syncer({ backend: await world.backend(exec, both), clock, log });
    let failing: RegExp | undefined = /^ip6tables.*-restore/;
    exec.onRun = (argv) =>
      failing?.test(argv[0] ?? '') === true ? { code: 4, stdout: '', stderr: 'no room' } : undefined;
    syncer.update(catalog.picture, undefined);
    await world.advance(0);
    failing = /-restore/;
    catalog.upsert(slice('shop/web', ['10.0.1.9']));
    syncer.update(catalog.picture, catalog.publish());
    await world.advance(2000);
    expect(world.reached('10.96.0.1')).toBe('10.0.1.1:80');
    failing = undefined;
    await world.advance(10_000);
    expect(syncer.state()).toMatchObject({ error: '', waitingMs: 0, pending: 0 });
    expect(world.reached('10.96.0.1')).toBe('10.0.1.9:80');
    const fresh = new FakeIptables();
    await (await world.backend(fresh, both)).sync(catalog.picture, undefined);
    expect(exec.dump(variant, true)).toBe(fresh.dump(variant, true));
  });
});
