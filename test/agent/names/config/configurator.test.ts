import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { configMapSource } from '../../../../src/agent/names/config/configMapSource.ts';
import { DnsConfigurator } from '../../../../src/agent/names/config/configurator.ts';
import { fileSource } from '../../../../src/agent/names/config/fileSource.ts';
import type { ConfigSource } from '../../../../src/agent/names/config/source.ts';
import type { DnsConfiguration } from '../../../../src/config/dnsConfiguration.ts';
import { systemClock } from '../../../../src/host/clock.ts';
import { createConfigMapSource } from '../../../../src/kube/configMaps.ts';
import { ApiServer } from '../../../../src/playground/apiserver/apiServer.ts';
import { GROUND } from '../../../config/corefile/read.ts';
import { FakeClock } from '../../../fake/clock.ts';
import { FakeLog } from '../../../fake/log.ts';

const stub = (server: string): string => `. {\n  forward . ${server}\n}\n`;
const BROKEN = '. {\n  forward . 192.0.2.1\n  cache {\n    prefetch soon\n  }\n}\n';

class Bench {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'fairlead-dns-config-'));
  readonly clock: FakeClock = new FakeClock();
  readonly log: FakeLog = new FakeLog();
  readonly applied: DnsConfiguration[] = [];
  /** Times that a configuration cannot be applied from now on. */
  refusals = 0;
  readonly configurator: DnsConfigurator;

  constructor(source?: (bench: Bench) => ConfigSource) {
    onTestFinished(() => rmSync(this.folder, { recursive: true }));
    this.configurator = new DnsConfigurator({
      source: source?.(this) ?? fileSource(this.folder, this.clock),
      ground: GROUND,
      env: {},
      apply: (configuration) => {
        if (this.refusals-- > 0) return Promise.reject(new Error('not now'));
        this.applied.push(configuration);
        return Promise.resolve();
      },
      clock: this.clock,
      log: this.log,
    });
    onTestFinished(() => this.configurator.stop());
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** Lets so much time pass that every change has been noticed. Files are read for real, so it is waited for. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await this.clock.advance(500);
      await pause(2);
    }
  }

  /** Servers that the names of everything are forwarded to. */
  get servers(): string[] {
    const zone = this.configurator.state().configuration.forwarding.zones.find(({ domain }) => domain === '');
    return (zone?.upstreams ?? []).map((server) => ('address' in server ? server.address : 'not an address'));
  }
}

describe('a folder', () => {
  test('is read, and read again when a file in it changes', async () => {
    const bench = new Bench();
    bench.write('Corefile', stub('192.0.2.1'));
    await bench.configurator.start();
    expect(bench.servers).toEqual(['192.0.2.1']);
    bench.write('Corefile', stub('192.0.2.2'));
    await bench.until(() => bench.servers[0] === '192.0.2.2');
    expect(bench.applied.length).toBe(2);
  });

  test('a mounted ConfigMap changes by the swap of a link', async () => {
    const bench = new Bench();
    for (const version of ['1', '2']) {
      mkdirSync(join(bench.folder, `..v${version}`));
      writeFileSync(join(bench.folder, `..v${version}`, 'Corefile'), stub(`192.0.2.${version}`));
    }
    symlinkSync('..v1', join(bench.folder, '..data'));
    symlinkSync('..data/Corefile', join(bench.folder, 'Corefile'));
    await bench.configurator.start();
    expect(bench.servers).toEqual(['192.0.2.1']);
    symlinkSync('..v2', join(bench.folder, '..tmp'));
    renameSync(join(bench.folder, '..tmp'), join(bench.folder, '..data'));
    await bench.until(() => bench.servers[0] === '192.0.2.2');
  });

  test('one that is spoilt leaves the last good one in force, and says which line', async () => {
    const bench = new Bench();
    bench.write('Corefile', stub('192.0.2.1'));
    await bench.configurator.start();
    const { since } = bench.configurator.state();
    bench.write('Corefile', BROKEN);
    await bench.until(() => bench.configurator.state().error !== '');
    expect(bench.servers).toEqual(['192.0.2.1']);
    expect(bench.configurator.state()).toMatchObject({
      since,
      failures: 1,
      error: `${bench.folder}/Corefile:4: prefetch: "soon" is no whole number from 0 to 2147483647`,
    });
    // Seen again and again, told once.
    await bench.clock.advance(20_000);
    expect(bench.log.messages('error')).toEqual([
      'dns: configuration unusable: the last good one stays in force',
    ]);

    bench.write('Corefile', stub('192.0.2.3'));
    await bench.until(() => bench.configurator.state().error === '');
    expect(bench.servers).toEqual(['192.0.2.3']);
    expect(bench.applied.length).toBe(2);
  });

  test('a good one may come back as it was', async () => {
    const bench = new Bench();
    bench.write('Corefile', stub('192.0.2.1'));
    await bench.configurator.start();
    bench.write('Corefile', BROKEN);
    await bench.until(() => bench.configurator.state().error !== '');
    bench.write('Corefile', stub('192.0.2.1'));
    await bench.until(() => bench.configurator.state().error === '');
    expect(bench.servers).toEqual(['192.0.2.1']);
  });

  test('that goes away leaves the last one in force, and all is well when it is back', async () => {
    const bench = new Bench();
    bench.write('Corefile', stub('192.0.2.1'));
    await bench.configurator.start();
    renameSync(bench.folder, `${bench.folder}.away`);
    await bench.until(() => bench.configurator.state().error !== '');
    expect(bench.configurator.state().error).toContain('ENOENT');
    expect(bench.servers).toEqual(['192.0.2.1']);
    renameSync(`${bench.folder}.away`, bench.folder);
    await bench.until(() => bench.configurator.state().error === '');
    expect(bench.applied.length).toBe(1);
  });

  test('that is unusable from the start leaves the flags in force', async () => {
    const bench = new Bench();
    bench.write('Corefile', BROKEN);
    await bench.configurator.start();
    expect(bench.applied).toEqual([]);
    expect(bench.configurator.state()).toMatchObject({ since: 0, configuration: GROUND.configuration });
    expect(bench.log.messages('error')).toEqual([
      'dns: configuration unusable: the flags alone are in force',
    ]);
  });

  test('hosts files and imports count as well, wherever they are', async () => {
    const bench = new Bench();
    mkdirSync(join(bench.folder, 'custom'));
    bench.write('Corefile', '. {\n hosts /etc/coredns/NodeHosts\n import custom/*.override\n}\n');
    bench.write('NodeHosts', '192.0.2.1 a\n');
    await bench.configurator.start();
    const entries = (): number =>
      bench.configurator.state().configuration.rules[0]?.hosts?.entries.length ?? 0;
    const rewrites = (): number => bench.configurator.state().configuration.rules[0]?.rewrites.length ?? 0;
    expect(entries()).toBe(1);
    bench.write('NodeHosts', '192.0.2.1 a\n192.0.2.2 b\n');
    await bench.until(() => entries() === 2);
    bench.write('custom/more.override', 'rewrite name a.example b.example\n');
    await bench.until(() => rewrites() === 1);
    rmSync(join(bench.folder, 'custom/more.override'));
    await bench.until(() => rewrites() === 0);
  });

  test('the keys of kube-dns', async () => {
    const bench = new Bench();
    bench.write('upstreamNameservers', '["192.0.2.1", "192.0.2.2:5353"]');
    bench.write('stubDomains', '{"corp.example": ["10.0.0.53"]}');
    await bench.configurator.start();
    expect(bench.servers).toEqual(['192.0.2.1', '192.0.2.2']);
    bench.write('stubDomains', '{"corp.example": ["10.0.0.530"]}');
    await bench.until(() => bench.configurator.state().error !== '');
    expect(bench.configurator.state().error).toBe(`${bench.folder}/stubDomains: "10.0.0.530" is no server`);
    expect(bench.servers).toEqual(['192.0.2.1', '192.0.2.2']);
  });

  test('one that cannot be applied is tried again', async () => {
    const bench = new Bench();
    bench.write('Corefile', stub('192.0.2.1'));
    bench.refusals = 2;
    await bench.configurator.start();
    expect(bench.configurator.state()).toMatchObject({ since: 0, error: 'not now' });
    await bench.until(() => bench.configurator.state().error === '');
    expect(bench.servers).toEqual(['192.0.2.1']);
  });

  test('what is in force can be shown, expressions as their text', async () => {
    const bench = new Bench();
    bench.write('Corefile', '. {\n  rewrite name regex ^a(.*) b{1}\n}\n');
    await bench.configurator.start();
    expect(JSON.stringify(bench.configurator.state().configuration)).toContain('"regex":"^a(.*)"');
  });

  test('lines that are not honoured are told with file and line', async () => {
    const bench = new Bench();
    bench.write('Corefile', '. {\n  dns64\n  forward . 192.0.2.1\n}\n');
    await bench.configurator.start();
    expect(bench.log.messages('warn')).toEqual([
      `dns: ${bench.folder}/Corefile:2: plugin dns64 is not offered`,
    ]);
  });
});

describe('ConfigMaps', () => {
  test('of a customer beside those of the cluster; changed, spoilt, deleted', async () => {
    const server = new ApiServer();
    await server.listen({ host: '127.0.0.1', port: 0 });
    onTestFinished(() => server.close());
    const at = { namespace: 'kube-system' };
    const data = { Corefile: '. {\n  forward . 192.0.2.1\n  import custom/*.override\n}\n' };
    server.create('configmaps', { metadata: { ...at, name: 'coredns' }, data });
    server.create('configmaps', {
      metadata: { ...at, name: 'other' },
      data: { Corefile: stub('192.0.2.66') },
    });
    const source = createConfigMapSource({
      connection: {
        server: server.url,
        credentials: () => Promise.resolve({ headers: {}, tls: {} }),
        refused: () => undefined,
      },
      names: [
        { ...at, name: 'coredns' },
        { ...at, name: 'coredns-custom' },
      ],
      clock: systemClock,
      log: new FakeLog(),
      random: () => 0,
    });
    const bench = new Bench(() =>
      configMapSource(['kube-system/coredns', 'kube-system/coredns-custom'], source),
    );
    const { configurator } = bench;
    void configurator.start();
    await bench.until(() => bench.servers[0] === '192.0.2.1');

    const override = { 'more.override': 'rewrite name a.example b.example\n' };
    server.create('configmaps', { metadata: { ...at, name: 'coredns-custom' }, data: override });
    await bench.until(() => configurator.state().configuration.rules[0]?.rewrites.length === 1);

    server.update('configmaps', { metadata: { ...at, name: 'coredns' }, data: { Corefile: BROKEN } });
    await bench.until(() => configurator.state().error !== '');
    expect(configurator.state().error).toBe(
      'kube-system/coredns/Corefile:4: prefetch: "soon" is no whole number from 0 to 2147483647',
    );
    expect(bench.servers).toEqual(['192.0.2.1']);

    // As with kube-dns: what holds without a ConfigMap holds again.
    server.delete('configmaps', 'kube-system', 'coredns');
    server.delete('configmaps', 'kube-system', 'coredns-custom');
    await bench.until(() => bench.servers[0] === 'not an address');
    expect(configurator.state()).toMatchObject({ error: '', configuration: GROUND.configuration });
  });
});
