/** A process may be killed after any write: routing goes on, and the next process ends in the same rules. */
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/proxy/backend.ts';
import { createIptablesBackend } from '../../../src/proxy/iptables/backend.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeIptables } from '../../fake/iptables.ts';
import { send } from '../../fake/iptablesPacket.ts';
import { FakeLog } from '../../fake/log.ts';
import { loadedCatalog, NODE_IP, POD, proxySettings, service, slice } from '../cluster.ts';

type Variant = 'nft' | 'legacy';

const KILLED = 'killed';

class Run {
  readonly exec = new FakeIptables({ mostLines: 75 });
  readonly variant: Variant;
  readonly catalog = loadedCatalog(
    Array.from({ length: 70 }, (_, n) => [
      service(`shop/s${n}`, `10.96.0.${n + 1}`),
      slice(`shop/s${n}`, n % 9 === 0 ? [] : ['10.0.1.1', '10.0.1.2']),
    ]).flat(),
  );

  constructor(variant: Variant) {
    this.variant = variant;
  }

  backend(exec = this.exec): Promise<Backend> {
    return createIptablesBackend({
      settings: proxySettings({ iptablesBackend: this.variant, families: ['IPv4'] }),
      exec,
      sysctl: { read: () => Promise.resolve('1'), write: () => Promise.resolve() },
      log: new FakeLog(),
      clock: new FakeClock(),
      localAddresses: () => Promise.resolve([NODE_IP]),
    });
  }

  /** Changes that touch Services 60 to 69, and make few enough of them for a flat KUBE-SERVICES. */
  change(): ReturnType<Run['catalog']['publish']> {
    for (let n = 60; n < 68; n++) this.catalog.remove(service(`shop/s${n}`, ''));
    this.catalog.upsert(slice('shop/s68', ['10.0.1.3']));
    this.catalog.upsert(slice('shop/s69', []));
    return this.catalog.publish();
  }

  /** Where a connection to a Service that no change touches ends up. */
  reached(): string {
    const packet = { from: POD, to: '10.96.0.11', port: 80, local: [NODE_IP] };
    return send(this.exec.tables(this.variant), packet).endpoints.join(' ');
  }

  /** Runs `work` up to its `n`th commit; says whether there was one. `check` sees the state after each. */
  async killedAfter(n: number, work: () => Promise<unknown>, check: () => void): Promise<boolean> {
    let commits = 0;
    this.exec.onCommit = () => {
      check();
      if (++commits === n) throw new Error(KILLED);
    };
    const outcome = await work().then(
      () => 'done',
      (error: unknown) => (error instanceof Error ? error.message : ''),
    );
    this.exec.onCommit = () => undefined;
    if (outcome !== 'done') expect(outcome).toBe(KILLED);
    return outcome === KILLED;
  }

  async expectSameAsFresh(): Promise<void> {
    await (await this.backend()).sync(this.catalog.picture, undefined);
    const fresh = new FakeIptables();
    await (await this.backend(fresh)).sync(this.catalog.picture, undefined);
    expect(this.exec.dump(this.variant)).toBe(fresh.dump(this.variant));
  }
}

const BOTH = '10.0.1.1:80 10.0.1.2:80';

describe.each(['nft', 'legacy'] as const)('on %s, killed after each commit of', (variant) => {
  /** Restores go in batches on nft; legacy has one, of three parts. */
  const fewest = variant === 'nft' ? 5 : 2;

  test('a first sync', async () => {
    let n = 0;
    for (let killed = true; killed; n++) {
      const run = new Run(variant);
      const backend = await run.backend();
      const sync = (): Promise<unknown> => backend.sync(run.catalog.picture, undefined);
      killed = await run.killedAfter(n + 1, sync, () => expect(['', BOTH]).toContain(run.reached()));
      await run.expectSameAsFresh();
    }
    expect(n).toBeGreaterThan(fewest);
  });

  test('a change that makes the tree flat', async () => {
    let n = 0;
    for (let killed = true; killed; n++) {
      const run = new Run(variant);
      const backend = await run.backend();
      await backend.sync(run.catalog.picture, undefined);
      const changes = run.change();
      const bystander = (): void => expect(run.reached()).toBe(BOTH);
      killed = await run.killedAfter(n + 1, () => backend.sync(run.catalog.picture, changes), bystander);
      run.exec.onCommit = bystander;
      await run.expectSameAsFresh();
    }
    expect(n).toBeGreaterThan(1);
  });

  test('a cleanup', async () => {
    let n = 0;
    for (let killed = true; killed; n++) {
      const run = new Run(variant);
      const backend = await run.backend();
      await backend.sync(run.catalog.picture, undefined);
      killed = await run.killedAfter(
        n + 1,
        () => backend.cleanup(),
        () => expect(['', BOTH]).toContain(run.reached()),
      );
      const left = run.exec.dump(variant);
      await run.expectSameAsFresh();
      run.exec.load(variant, '*nat\nCOMMIT\n');
      await (await run.backend()).cleanup();
      expect(run.exec.dump(variant)).not.toContain('KUBE-');
      if (!killed) expect(left).not.toContain('KUBE-');
    }
    expect(n).toBeGreaterThan(1);
  });
});
