import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { toolsOf } from '../../../../src/proxy/iptables/kernel/tools.ts';
import { DestructionWatch, type Watch } from '../../../../src/proxy/iptables/watch/destructionWatch.ts';
import { openWatch } from '../../../../src/proxy/iptables/watch/openWatch.ts';
import { OwnWrites } from '../../../../src/proxy/iptables/watch/ownWrites.ts';
import { PollWatch } from '../../../../src/proxy/iptables/watch/poll.ts';
import { FakeClock } from '../../../fake/clock.ts';
import { FakeCompanions } from './fakeCompanion.ts';

const NFT = toolsOf({ variant: 'nft', suffix: '-nft', version: 'iptables v1.8.9' }, 'IPv4');
const LEGACY = toolsOf({ variant: 'legacy', suffix: '-legacy', version: 'iptables v1.8.9' }, 'IPv4');

let clock: FakeClock;
let programs: FakeCompanions;
let own: OwnWrites;
let foreign: string[];
let watch: Watch | undefined;
const onForeign = (what: string): void => void foreign.push(what);

beforeEach(() => {
  clock = new FakeClock();
  programs = new FakeCompanions();
  own = new OwnWrites(clock);
  foreign = [];
});

afterEach(async () => {
  await watch?.stop();
  expect(programs.stopped).toBe(watch === undefined ? 0 : 1);
  watch = undefined;
});

describe('nft monitor', () => {
  beforeEach(() => {
    watch = new DestructionWatch({ clock, companion: programs.start, families: ['IPv4'], own, onForeign });
  });

  test('tells of rules of ours that others removed', () => {
    programs.say('delete rule ip nat KUBE-SERV');
    programs.say(
      'ICES handle 1\ndelete rule ip nat CNI handle 4\ndelete rule ip6 nat KUBE-SERVICES handle 1\n',
    );
    expect(foreign).toEqual(['rules of nat KUBE-SERVICES (IPv4) were removed']);
  });

  test('knows our own writes while they go on and a moment after, and only those', async () => {
    own.begin();
    own.add('IPv4', 'nat', 'KUBE-SERVICES');
    programs.say('delete rule ip nat KUBE-SERVICES handle 1\n');
    own.end();
    programs.say('delete rule ip nat KUBE-SERVICES handle 2\n');
    expect(foreign).toEqual([]);
    programs.say('delete rule ip nat KUBE-NODEPORTS handle 3\n');
    await clock.advance(1000);
    programs.say('delete rule ip nat KUBE-SERVICES handle 4\n');
    expect(foreign).toEqual([
      'rules of nat KUBE-NODEPORTS (IPv4) were removed',
      'rules of nat KUBE-SERVICES (IPv4) were removed',
    ]);
  });

  test('is started again when it ends, ever later, and then everything is to be looked at', async () => {
    for (let n = 0; n < 3; n++) {
      programs.end('sh ended with exit code 1');
      await clock.advance(5000 * 2 ** n);
    }
    expect(programs.started).toHaveLength(4);
    expect(foreign).toHaveLength(3);
  });

  test('tells when the kernel had more news than it could read', () => {
    programs.say('# ERROR: We lost some netlink events!\n');
    expect(foreign).toEqual([expect.stringContaining('may have been missed')]);
  });
});

describe('polls', () => {
  beforeEach(() => {
    watch = new PollWatch({ clock, companion: programs.start, tools: [LEGACY], onForeign });
  });

  const GOOD = '-A PREROUTING -j KUBE-SERVICES\n-A KUBE-MARK-MASQ -j MARK\n.\n';

  test('once a second, and tell what is unlike before, whatever the order', async () => {
    programs.say(GOOD);
    await clock.advance(1000);
    expect(programs.told).toHaveLength(2);
    programs.say('-A KUBE-MARK-MASQ -j MARK\n-A PREROUTING -j KUBE-SERVICES\n.\n');
    expect(foreign).toEqual([]);
    await clock.advance(1000);
    programs.say('-A KUBE-MARK-MASQ -j MARK\n.\n');
    expect(foreign).toHaveLength(1);
    await clock.advance(1000);
    programs.say(GOOD);
    expect(foreign).toHaveLength(1);
  });

  test('less often where a look takes long', async () => {
    await clock.advance(300);
    programs.say(GOOD);
    await clock.advance(5999);
    expect(programs.told).toHaveLength(1);
    await clock.advance(1);
    expect(programs.told).toHaveLength(2);
  });

  test('take for usual in the end what stays', async () => {
    programs.say(GOOD);
    for (let n = 0; n < 30; n++) {
      await clock.advance(1000);
      programs.say(`-A INPUT -j KUBE-ROUTER-INPUT\n${GOOD}`);
    }
    expect(foreign).toHaveLength(10);
  });
});

test.each([
  ['nft', 0, 'nft -nn monitor destroy'],
  ['nft', 127, 'iptables-nft -t nat -S KUBE-POSTROUTING'],
  ['legacy', 0, 'iptables-legacy-save'],
] as const)('on %s, where nft exits with %i: %s', async (variant, code, expected) => {
  const exec = { run: () => Promise.resolve({ code, stdout: '', stderr: '' }) };
  const tools = [variant === 'nft' ? NFT : LEGACY];
  watch = await openWatch({ exec, clock, tools, own, companion: programs.start }, onForeign);
  expect(programs.started[0]).toContain(expected);
});
