import { describe, expect, test } from 'vitest';
import { traceProbe } from '../../../src/agent/routing/modeTrace.ts';
import { findTools } from '../../../src/proxy/iptables/kernel/detect.ts';
import { service, slice } from '../../proxy/cluster.ts';
import { LOCAL, modesWorld, RELAY } from '../../proxy/modesWorld.ts';

const OBJECTS = [
  service('shop/web', '10.96.0.1'),
  slice('shop/web', ['10.0.1.1', '10.0.1.2']),
  service('shop/none', '10.96.0.2'),
  service('shop/db', '10.96.0.3', { mode: 'iptables' }),
  slice('shop/db', ['10.0.2.1']),
];

async function world(lacks: readonly string[] = []) {
  const { backend, catalog, exec, log, ports, settings } = await modesWorld('iptables', OBJECTS, lacks);
  const sync = () => backend.sync(catalog.picture, catalog.publish());
  await backend.sync(catalog.picture, undefined);
  let pauses = 0;
  const during = { pause: async (): Promise<void> => undefined };
  const probe = traceProbe({
    exec,
    tools: (await findTools(exec, settings, log)).tools,
    settings,
    picture: () => catalog.picture,
    relay: ports.lookup,
    localAddresses: () => Promise.resolve(LOCAL),
    async pause() {
      pauses += 1;
      await during.pause();
    },
  });
  const write = (...lines: readonly string[]) =>
    exec.run(['iptables-nft-restore', '--noflush'], { stdin: `${lines.join('\n')}\nCOMMIT\n` });
  return { backend, catalog, during, exec, probe, sync, write, pauses: () => pauses };
}

describe('rules after a switch', () => {
  test('lead to relays, in the one mode, and to endpoints, in the other', async () => {
    const { backend, probe, sync } = await world();
    for (const mode of ['userspace', 'iptables'] as const) {
      const before = await probe.prepare();
      backend.mode = mode;
      await sync();
      expect(await before.check()).toBe('');
    }
  });

  test('that drop what pods send to relays: which, and by which rule', async () => {
    const { backend, probe, sync, write } = await world();
    const before = await probe.prepare();
    await write('*filter', `-I INPUT -s 10.0.1.1/32 -d ${RELAY}/32 -j DROP`);
    backend.mode = 'userspace';
    await sync();
    expect(await before.check()).toBe(
      'rules lead from 10.0.1.1 to shop/web:p80 at 10.96.0.1 port 80 to a rule that refuses them: ' +
        `table filter, chain INPUT: -s 10.0.1.1/32 -d ${RELAY}/32 -j DROP`,
    );
  });

  test('of a Service that the kernel refuses: it is missed, and back with the mode before', async () => {
    const { backend, probe, sync } = await world([`${RELAY}:`]);
    const before = await probe.prepare();
    backend.mode = 'userspace';
    expect((await sync()).setAside.length).toBe(1);
    expect(await before.check()).toContain('to shop/web:p80 at 10.96.0.1 port 80 nowhere else');
    backend.mode = 'iptables';
    expect((await sync()).setAside).toEqual([]);
    expect(await before.check()).toBe('');
  });

  test('that take nobody there', async () => {
    const { probe, write } = await world();
    const before = await probe.prepare();
    await write('*nat', '-I PREROUTING -s 10.0.2.1/32 -j ACCEPT');
    expect(await before.check()).toBe(
      'rules lead from 10.0.2.1 to shop/db:p80 at 10.96.0.3 port 80 nowhere else: no rule takes them',
    );
  });

  test('that lead elsewhere: where to', async () => {
    const { probe, backend, sync, write } = await world();
    const before = await probe.prepare();
    backend.mode = 'userspace';
    await sync();
    await write('*nat', '-I OUTPUT -d 10.96.0.1/32 -p tcp -j DNAT --to-destination 10.0.9.9:80');
    expect(await before.check()).toBe(
      'rules lead from 192.168.0.2 to shop/web:p80 at 10.96.0.1 port 80 to 10.0.9.9:80',
    );
  });

  test('were wrong before already: not the doing of the mode', async () => {
    const { backend, probe, sync, write } = await world();
    await write('*nat', '-I OUTPUT -d 10.96.0.1/32 -p tcp -j DNAT --to-destination 10.0.9.9:80');
    const before = await probe.prepare();
    backend.mode = 'userspace';
    await sync();
    expect(await before.check()).toBe('');
  });

  test('are a moment behind the picture: looked at again', async () => {
    const { backend, catalog, during, probe, pauses } = await world();
    const before = await probe.prepare();
    catalog.upsert(slice('shop/db', ['10.0.2.9']));
    const changes = catalog.publish();
    during.pause = async () => void (await backend.sync(catalog.picture, changes));
    expect([await before.check(), pauses()]).toEqual(['', 1]);
  });

  test('cannot be read: it is said', async () => {
    const { exec, probe } = await world();
    const before = await probe.prepare();
    exec.onRun = () => ({ code: 4, stdout: '', stderr: 'no lock\n' });
    await expect(before.check()).rejects.toThrow('iptables-nft-save exits with 4: no lock');
  });
});
