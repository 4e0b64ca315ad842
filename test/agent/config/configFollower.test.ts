import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConfigFollower } from '../../../src/agent/config/configFollower.ts';
import { type Loaded, loadSettings } from '../../../src/config/load.ts';
import type { Mode } from '../../../src/proxy/backend.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeLog } from '../../fake/log.ts';

const HEAD = 'apiVersion: fairlead.dev/v1alpha1\nkind: FairleadConfiguration\n';

/** Modes that switch at once, unless one `breaks`. */
class FakeModes {
  mode: Mode;
  configured: Mode;
  settled: Promise<unknown> = Promise.resolve();
  breaks: Mode | undefined;
  readonly switches: Mode[] = [];

  constructor(mode: Mode) {
    this.mode = mode;
    this.configured = mode;
  }

  async to(mode: Mode): Promise<void> {
    this.switches.push(mode);
    if (mode === this.breaks) throw new Error(`mode ${mode} does not work here`);
    this.mode = mode;
  }
}

class Bench {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'fairlead-config-'));
  readonly path: string = join(this.folder, 'fairlead.yaml');
  readonly clock: FakeClock = new FakeClock();
  readonly log: FakeLog = new FakeLog();
  readonly modes: FakeModes;
  readonly follower: ConfigFollower;
  #reads = 0;

  private constructor(inForce: Loaded, load: (text: string) => Promise<Loaded>) {
    this.modes = new FakeModes(inForce.settings.mode);
    const { path, clock, log } = this;
    const read = (): Promise<string> => {
      this.#reads += 1;
      return readFile(path, 'utf8');
    };
    this.follower = new ConfigFollower({ file: { path, read, load }, inForce, clock, log });
    onTestFinished(() => rmSync(this.folder, { recursive: true }));
    onTestFinished(() => this.follower.stop());
  }

  /** An agent that was started with this file and these flags, and follows it. */
  static async start(text: string, flags: Readonly<Record<string, unknown>> = {}): Promise<Bench> {
    const load = (written: string): Promise<Loaded> =>
      loadSettings(
        { ...flags, config: 'fairlead.yaml' },
        { env: {}, hostname: () => 'n1', readText: async () => written },
      );
    const bench = new Bench(await load(HEAD + text), load);
    bench.write(text);
    bench.follower.start(bench.modes);
    await bench.looked();
    return bench;
  }

  write(text: string): void {
    writeFileSync(this.path, HEAD + text);
  }

  /** Lets so much time pass that every change has been noticed. Files are read for real, so it is waited for. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await this.clock.advance(500);
      await pause(2);
    }
  }

  /** Until all that was written before has been looked at: twice, and once more for a look that was under way. */
  async looked(): Promise<void> {
    const enough = this.#reads + 4;
    await this.until(() => this.#reads >= enough);
  }

  get complaints(): string[] {
    return [...this.log.messages('warn'), ...this.log.messages('error')];
  }
}

describe('a mode that changes in the file', () => {
  test('is switched to, and is what a restart goes to', async () => {
    const bench = await Bench.start('mode: iptables');
    expect(bench.modes.switches).toEqual([]);
    bench.write('mode: userspace');
    await bench.until(() => bench.modes.mode === 'userspace');
    expect(bench.modes.configured).toBe('userspace');
    expect(bench.log.messages('info')).toEqual(['configuration file: to mode userspace']);
    expect(bench.follower.state()).toEqual({ path: bench.path, error: '', needRestart: [] });
  });

  test('by the swap of a link, as in a mounted ConfigMap', async () => {
    const bench = await Bench.start('mode: iptables');
    for (const [version, mode] of [
      ['1', 'iptables'],
      ['2', 'userspace'],
    ] as const) {
      mkdirSync(join(bench.folder, `..v${version}`));
      writeFileSync(join(bench.folder, `..v${version}`, 'fairlead.yaml'), `${HEAD}mode: ${mode}`);
    }
    symlinkSync('..v1', join(bench.folder, '..data'));
    rmSync(bench.path);
    symlinkSync('..data/fairlead.yaml', bench.path);
    await bench.looked();
    symlinkSync('..v2', join(bench.folder, '..tmp'));
    renameSync(join(bench.folder, '..tmp'), join(bench.folder, '..data'));
    await bench.until(() => bench.modes.mode === 'userspace');
    expect(bench.modes.switches).toEqual(['userspace']);
  });

  test('taken out of the file: the default', async () => {
    const bench = await Bench.start('mode: userspace');
    bench.write('');
    await bench.until(() => bench.modes.mode === 'iptables');
  });

  test('waits for a switch that is under way', async () => {
    const bench = await Bench.start('mode: iptables');
    const { promise, resolve } = Promise.withResolvers<void>();
    bench.modes.settled = promise;
    bench.write('mode: userspace');
    await bench.until(() => bench.modes.configured === 'userspace');
    expect(bench.modes.switches).toEqual([]);
    resolve();
    await bench.until(() => bench.modes.mode === 'userspace');
  });

  test('that does not work here is told, and tried again when the file is read again', async () => {
    const bench = await Bench.start('mode: iptables');
    bench.modes.breaks = 'userspace';
    bench.write('mode: userspace');
    await bench.until(() => bench.follower.state().error !== '');
    expect(bench.follower.state().error).toBe('mode userspace does not work here');
    await bench.looked();
    expect(bench.modes.switches).toEqual(['userspace']);
    bench.modes.breaks = undefined;
    bench.follower.reread();
    await bench.until(() => bench.follower.state().error === '');
    expect(bench.modes.mode).toBe('userspace');
  });

  test('has no effect beside --mode, which is told', async () => {
    const bench = await Bench.start('mode: iptables', { mode: 'iptables' });
    bench.write('mode: userspace');
    await bench.until(() => bench.complaints.length > 1);
    expect(bench.complaints.at(-1)).toBe('configuration file: mode has no effect beside --mode');
    expect(bench.modes.switches).toEqual([]);
  });
});

test('a mode that somebody switched to by hand stays while the file says what it said', async () => {
  const bench = await Bench.start('mode: iptables');
  bench.modes.mode = 'userspace';
  bench.write('mode: iptables\nlogLevel: debug');
  await bench.until(() => bench.follower.state().needRestart.length > 0);
  bench.follower.reread();
  await bench.looked();
  expect(bench.modes.switches).toEqual([]);
});

test('what else changes needs a restart, and is told once', async () => {
  const bench = await Bench.start('clusterCIDR: 10.244.0.0/16');
  bench.write('clusterCIDR: 10.245.0.0/16\nmode: userspace\nudpIdleTimeout: 5s');
  await bench.until(() => bench.modes.mode === 'userspace');
  bench.write('clusterCIDR: 10.245.0.0/16\nmode: userspace\nudpIdleTimeout: 6s');
  await bench.looked();
  expect(bench.follower.state().needRestart).toEqual(['clusterCIDR', 'udpIdleTimeout']);
  expect(bench.complaints).toEqual([
    'configuration file: a restart is needed for clusterCIDR, udpIdleTimeout',
  ]);
  bench.write('clusterCIDR: 10.244.0.0/16\nmode: userspace');
  await bench.until(() => bench.follower.state().needRestart.length === 0);
});

describe('an unusable file changes nothing, and is told with line and key', () => {
  test.each<readonly [text: string, error: string]>([
    ['logLevel: info\nmode: ipvs', 'fairlead.yaml:4: mode: "ipvs" is no iptables or userspace'],
    ['mod: userspace', 'fairlead.yaml:3: unknown key mod; did you mean mode?'],
    ['mode: userspace\nudpIdleTimeout: 0', 'fairlead.yaml:4: udpIdleTimeout: 0 is no duration from 1 ms'],
    ['mode: [userspace', 'fairlead.yaml:'],
  ])('%j', async (text, error) => {
    const bench = await Bench.start('mode: iptables');
    bench.write(text);
    await bench.until(() => bench.follower.state().error !== '');
    expect(bench.follower.state().error).toContain(error);
    await bench.looked();
    expect(bench.complaints).toEqual([
      `configuration file not taken, nothing changes: ${bench.follower.state().error}`,
    ]);
    expect(bench.modes.switches).toEqual([]);
    bench.write('mode: userspace');
    await bench.until(() => bench.modes.mode === 'userspace');
    expect(bench.log.messages('info').at(-1)).toBe('configuration file: nothing is wrong with it any more');
  });

  test('one that is gone, and comes back as it was', async () => {
    const bench = await Bench.start('mode: userspace');
    rmSync(bench.path);
    await bench.until(() => bench.follower.state().error !== '');
    expect(bench.follower.state().error).toMatch(/^ENOENT/);
    bench.write('mode: userspace');
    await bench.until(() => bench.follower.state().error === '');
    expect(bench.modes.switches).toEqual([]);
  });
});
