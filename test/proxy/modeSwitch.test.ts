import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Mode } from '../../src/proxy/backend.ts';
import { ModeSwitch } from '../../src/proxy/modeSwitch.ts';
import { Syncer } from '../../src/proxy/syncer.ts';
import { send } from '../fake/iptablesPacket.ts';
import { FakeLog } from '../fake/log.ts';
import { POD, service, slice } from './cluster.ts';
import { LOCAL, modesWorld } from './modesWorld.ts';

interface World {
  /** Why a mode cannot be programmed. */
  readonly refused?: Partial<Record<Mode, string>>;
  /** What the probe finds wrong in a mode. */
  readonly wrong?: Partial<Record<Mode, string>>;
  /** Why it cannot even look. */
  readonly unreadable?: string;
  readonly relays?: boolean;
}

function setUp({ refused = {}, wrong = {}, unreadable = '', relays = false }: World = {}) {
  const told: string[] = [];
  const log = new FakeLog();
  const backend = {
    mode: 'iptables' as Mode,
    relays,
    release: () => void told.push('release'),
  };
  const modes = new ModeSwitch({
    backend,
    syncer: {
      reprogram: async () => {
        told.push(`program ${backend.mode}`);
        return refused[backend.mode] ?? '';
      },
    },
    probe: {
      prepare: async () => {
        told.push(`look in ${backend.mode}`);
        return {
          async check() {
            if (unreadable !== '') throw new Error(unreadable);
            return wrong[backend.mode] ?? '';
          },
        };
      },
    },
    log,
  });
  return { told, modes, log };
}

describe('to another mode', () => {
  test('looks before, programs, and looks again', async () => {
    const { told, modes } = setUp();
    await modes.to('userspace');
    expect(modes.mode).toBe('userspace');
    expect(told).toEqual(['look in iptables', 'program userspace']);
  });

  test('to the one in force: nothing to do', async () => {
    const { told, modes } = setUp();
    await modes.to('iptables');
    expect(told).toEqual([]);
  });

  test.each<[string, World, string]>([
    ['that cannot be programmed', { refused: { userspace: 'no chain' } }, 'no chain'],
    ['in which a Service is lost', { wrong: { userspace: 'shop/web is lost' } }, 'shop/web is lost'],
  ])('%s: the one before is in force again', async (_, world, why) => {
    const { told, modes } = setUp(world);
    await expect(modes.to('userspace')).rejects.toThrow(
      `mode userspace does not work here: ${why}; iptables is in force again`,
    );
    expect(modes.mode).toBe('iptables');
    expect(told.slice(-2)).toEqual(['program userspace', 'program iptables']);
  });

  test('that cannot be looked at: the one before is in force again', async () => {
    const { told, modes } = setUp({ unreadable: 'iptables-save exits with 1' });
    await expect(modes.to('userspace')).rejects.toThrow(
      'iptables-save exits with 1; iptables is in force again',
    );
    expect(told.slice(-1)).toEqual(['program iptables']);
  });

  test('and when not even that works, it says both', async () => {
    const { modes } = setUp({ refused: { userspace: 'no chain', iptables: 'no lock' } });
    await expect(modes.to('userspace')).rejects.toThrow('no chain; going back failed as well: no lock');
  });

  test('one switch at a time; the next one may come after it', async () => {
    const { modes } = setUp();
    const first = modes.to('userspace');
    await expect(modes.to('iptables')).rejects.toThrow('a switch to userspace is under way');
    await first;
    await modes.to('iptables');
    expect(modes.mode).toBe('iptables');
  });
});

test('what the settings say stays what it was, whatever is switched to', async () => {
  const { modes } = setUp();
  await modes.to('userspace');
  expect([modes.configured, modes.mode]).toEqual(['iptables', 'userspace']);
});

test.each<[string, World]>([
  ['succeeds', {}],
  ['fails', { refused: { userspace: 'no chain' } }],
])('a switch that %s is waited for, and another may follow', async (_, world) => {
  const { modes } = setUp(world);
  const first = modes.to('userspace').catch(() => undefined);
  await expect(modes.to('iptables')).rejects.toThrow('under way');
  await modes.settled;
  await modes.to('iptables');
  expect(modes.mode).toBe('iptables');
  await first;
});

describe('at the end of the process', () => {
  test('what is relayed is given to the kernel', async () => {
    const { told, modes } = setUp({ relays: true });
    await modes.release();
    expect(told).toEqual(['release', 'program iptables']);
  });

  test('with nothing relayed nothing is done', async () => {
    const { told, modes } = setUp();
    await modes.release();
    expect(told).toEqual([]);
  });

  test('a failure is told, and holds nobody up', async () => {
    const { log, modes } = setUp({ relays: true, refused: { iptables: 'no lock' } });
    await modes.release();
    expect(log.messages('error')).toEqual(['rules still lead to relays that end now: no lock']);
  });
});

describe('on real rules', () => {
  /** Where a pod's connection to `shop/web` ends up. */
  async function world() {
    const made = await modesWorld('iptables', [
      service('shop/web', '10.96.0.1'),
      slice('shop/web', ['10.0.1.1']),
    ]);
    const { backend, catalog, clock, exec, log } = made;
    const syncer = new Syncer({ backend, clock, log });
    const probe = { prepare: async () => ({ check: async () => '' }) };
    const modes = new ModeSwitch({ backend, syncer, probe, log });
    syncer.update(catalog.picture, undefined);
    await clock.advance(1_000);
    const met = (): string => {
      const packet = { from: POD, to: '10.96.0.1', port: 80, local: LOCAL };
      return send(exec.tables('nft'), packet)
        .endpoints.map((text) => text.replace(/^169.*/, 'relay'))
        .join(' ');
    };
    return { ...made, met, modes };
  }

  test('goes there and back', async () => {
    const { clock, met, modes } = await world();
    const there = modes.to('userspace');
    await clock.advance(1_000);
    await there;
    expect([met(), modes.mode]).toEqual(['relay', 'userspace']);
    const back = modes.to('iptables');
    await clock.advance(1_000);
    await back;
    expect([met(), modes.mode]).toEqual(['10.0.1.1:80', 'iptables']);
  });

  test('whose rules cannot be written: nothing leads to relays, and those that listened for it end', async () => {
    const { backend, clock, exec, met, modes, relay } = await world();
    exec.onRun = ([program = '']) =>
      program.endsWith('-restore') && backend.mode === 'userspace'
        ? { code: 4, stdout: '', stderr: 'iptables-restore: line 3 failed\n' }
        : undefined;
    const outcomes: string[] = [];
    void modes.to('userspace').then(
      () => outcomes.push('switched'),
      (error: Error) => outcomes.push(error.message),
    );
    while (outcomes.length === 0) {
      await clock.advance(1_000);
      await turn();
    }
    expect(outcomes[0]).toMatch(
      /^mode userspace does not work here: .*line 3 failed.*; iptables is in force again$/,
    );
    await clock.advance(10_000);
    expect([met(), modes.mode, relay.listening.size]).toEqual(['10.0.1.1:80', 'iptables', 0]);
  });
});
