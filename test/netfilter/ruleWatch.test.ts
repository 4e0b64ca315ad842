import { beforeEach, describe, expect, test } from 'vitest';
import type { Exec, ExecOptions } from '../../src/host/exec.ts';
import { type Look, lookOf } from '../../src/host/looks/look.ts';
import type { Holding, RulePrograms } from '../../src/netfilter/holding.ts';
import { RuleWatch } from '../../src/netfilter/ruleWatch.ts';
import { FakeClock } from '../fake/clock.ts';
import { FakeCompanions } from '../fake/companion.ts';
import { FakeGroup } from '../fake/netlinkGroup.ts';
import {
  ADDED,
  CHAIN_REMOVED,
  from,
  GENERATION,
  RULE_REMOVED,
  RULE_REMOVED_6,
  TABLE_REMOVED,
} from './news.ts';

let clock: FakeClock;
let programs: FakeCompanions;
let kernel: FakeGroup;
let watch: RuleWatch;
/** What holdings were told. */
let foreign: string[];
/** Why it does not listen. */
let deaf: string[];
/** Programs that run now, by process id: what ends each. */
let running: Map<number, () => void>;

beforeEach(() => {
  clock = new FakeClock();
  programs = new FakeCompanions();
  kernel = new FakeGroup();
  foreign = [];
  deaf = [];
  running = new Map();
  const onDeaf = (reason: string): void => void deaf.push(reason);
  watch = new RuleWatch({ exec: EXEC, clock, companion: programs.start, join: kernel.join, onDeaf });
});

/** `pid` is a program's first argument; none for one that cannot start. */
const EXEC: Exec = {
  run: ([, pid], options: ExecOptions = {}) =>
    new Promise((resolve) => {
      if (pid === undefined) {
        resolve({ code: 127, stdout: '', stderr: '' });
        return;
      }
      running.set(Number(pid), () => resolve({ code: 0, stdout: '', stderr: '' }));
      options.onStart?.(Number(pid));
    }),
};

function program(variant: 'nft' | 'legacy', family: RulePrograms['family'] = 'IPv4'): RulePrograms {
  const name = `${family === 'IPv4' ? 'iptables' : 'ip6tables'}-${variant}`;
  return { family, variant, iptables: name, save: `${name}-save` };
}

/** A chain of table nat, hooked into OUTPUT; what it is told begins with its name. */
function holding(mine: string, variant: 'nft' | 'legacy', fields: Partial<Holding> = {}): Holding {
  return {
    programs: [program(variant)],
    has: (table, chain) => table === 'nat' && ['', 'OUTPUT', mine].includes(chain),
    owns: (table, chain) => `${table} ${chain}` === `nat ${mine}`,
    lasting: { chains: { nat: ['OUTPUT', mine] }, lines: new RegExp(`^-A .*${mine}`) },
    onForeign: (what) => void foreign.push(`${mine}: ${what}`),
    ...fields,
  };
}

describe('the kernel', () => {
  const start = (mine: string, fields?: Partial<Holding>): ReturnType<RuleWatch['add']> =>
    watch.add(holding(mine, 'nft', fields));

  test('tells of rules, chains and tables of IPv4 that others removed', async () => {
    await start('KUBE-X');
    for (const news of [RULE_REMOVED, RULE_REMOVED_6, GENERATION, CHAIN_REMOVED, TABLE_REMOVED]) {
      kernel.tell(news);
    }
    expect(foreign).toEqual([
      'KUBE-X: rules of nat KUBE-X (IPv4) were removed',
      'KUBE-X: rules of nat KUBE-X (IPv4) were removed',
      'KUBE-X: table nat (IPv4) was deleted',
    ]);
    expect(deaf).toEqual([]);
  });

  test('and of both families where both are held', async () => {
    await start('KUBE-X', { programs: [program('nft'), program('nft', 'IPv6')] });
    kernel.tell(Buffer.concat([RULE_REMOVED_6, RULE_REMOVED]));
    expect(foreign).toEqual([
      'KUBE-X: rules of nat OUTPUT (IPv6) were removed',
      'KUBE-X: rules of nat KUBE-X (IPv4) were removed',
    ]);
  });

  test('tells of rules that others add where only ours belong', async () => {
    await start('KUBE-X');
    await start('OTHER', { has: () => true });
    kernel.tell(ADDED);
    expect(foreign).toEqual(['KUBE-X: a rule was added to nat KUBE-X (IPv4)']);
  });

  test('tells each of its own, is listened to once for all, and until the last has gone', async () => {
    const [one, other] = await Promise.all([start('KUBE-X'), start('OTHER')]);
    kernel.tell(RULE_REMOVED);
    kernel.tell(TABLE_REMOVED);
    expect(foreign).toEqual([
      'KUBE-X: rules of nat KUBE-X (IPv4) were removed',
      'KUBE-X: table nat (IPv4) was deleted',
      'OTHER: table nat (IPv4) was deleted',
    ]);
    await one.stop();
    await one.stop();
    expect(kernel).toMatchObject({ joined: 1, closed: 0 });
    await other.stop();
    expect(kernel).toMatchObject({ joined: 1, closed: 1 });
    await start('KUBE-X');
    expect(kernel.joined).toBe(2);
  });

  test('says nothing of what our own programs do while they run', async () => {
    const one = watch.exec.run(['iptables', '7']);
    await start('KUBE-X');
    const other = watch.exec.run(['iptables', '8']);
    expect(kernel.leftOut).toEqual([[7], [7, 8]]);
    running.get(7)?.();
    await one;
    running.get(8)?.();
    await other;
    expect(kernel.leftOut.slice(2)).toEqual([[8], []]);
  });

  test('said of one that was quicker than we were is left out as it is read', async () => {
    await start('KUBE-X');
    kernel.waiting = Buffer.concat([from(8, RULE_REMOVED), from(9, TABLE_REMOVED)]);
    const ended = watch.exec.run(['iptables', '8']);
    expect(foreign).toEqual(['KUBE-X: table nat (IPv4) was deleted']);
    running.get(8)?.();
    await ended;
    kernel.tell(from(8, RULE_REMOVED));
    expect(foreign).toHaveLength(2);
  });

  test('and of a program that could not start there is nothing to leave out', async () => {
    await start('KUBE-X');
    expect(await watch.exec.run(['iptables'])).toMatchObject({ code: 127 });
    expect(kernel.leftOut.every((ports) => ports.length === 0)).toBe(true);
  });

  test('has had more news than were taken: all is to be looked at', async () => {
    await start('KUBE-X');
    kernel.miss('no buffer space available (ENOBUFS)');
    expect(foreign).toEqual(['KUBE-X: news of changes were missed: no buffer space available (ENOBUFS)']);
  });
});

describe('polls', () => {
  const GOOD = '-A OUTPUT -j MINE\n-A MINE -j ACCEPT\n.\n';
  const looks = (): Look[] => programs.told.map(lookOf);

  test('once a second, and tell what is unlike before, whatever the order', async () => {
    await watch.add(holding('MINE', 'legacy'));
    programs.say(GOOD);
    await clock.advance(1000);
    expect(programs.told).toHaveLength(2);
    programs.say('-A MINE -j ACCEPT\n-A OUTPUT -j MINE\n.\n');
    expect(foreign).toEqual([]);
    await clock.advance(1000);
    programs.say('-A MINE -j ACCEPT\n.\n');
    expect(foreign).toHaveLength(1);
    await clock.advance(1000);
    programs.say(GOOD);
    expect(foreign).toHaveLength(1);
  });

  test('are one for all, tell each of its own, and look at once for one that is new', async () => {
    await watch.add(holding('MINE', 'legacy'));
    programs.say(GOOD);
    await clock.advance(500);
    await watch.add(holding('OTHER', 'legacy'));
    expect(looks().at(-1)).toEqual({ commands: [['iptables-legacy-save']], lines: '^-A .*MINE|^-A .*OTHER' });
    programs.say(`-A OUTPUT -j OTHER\n${GOOD}`);
    await clock.advance(1000);
    programs.say(GOOD);
    expect(foreign).toEqual(['OTHER: the rules that no Service changes are different']);
    expect(programs.started).toHaveLength(1);
  });

  test('a look that began before a holding came says nothing of it', async () => {
    await watch.add(holding('MINE', 'legacy'));
    await watch.add(holding('OTHER', 'legacy'));
    programs.say(GOOD);
    await clock.advance(1000);
    programs.say(`-A OUTPUT -j OTHER\n${GOOD}`);
    await clock.advance(1000);
    programs.say(`-A OUTPUT -j OTHER\n${GOOD}`);
    expect(foreign).toEqual([]);
  });

  /** Waits for the look, lets it take so long, and gives the number of looks asked for so far. */
  async function look(milliseconds: number): Promise<number> {
    await clock.advance(milliseconds);
    programs.say(GOOD);
    return programs.told.length;
  }

  test('less often where looks take long', async () => {
    await watch.add(holding('MINE', 'legacy'));
    for (let n = 1; n < 3; n++) {
      await look(300);
      await clock.advance(1000);
    }
    expect(await look(400)).toBe(3);
    await clock.advance(5999);
    expect(programs.told).toHaveLength(3);
    await clock.advance(1);
    expect(programs.told).toHaveLength(4);
  });

  // On a busy machine the first look took a second, and a flush went unnoticed for 20.
  test('as often as ever where one look took long', async () => {
    await watch.add(holding('MINE', 'legacy'));
    for (const [n, took] of [2000, 10, 10, 3000].entries()) {
      expect(await look(took)).toBe(n + 1);
      await clock.advance(1000);
    }
    expect(programs.told).toHaveLength(5);
  });

  test('take for usual in the end what stays', async () => {
    await watch.add(holding('MINE', 'legacy'));
    programs.say(GOOD);
    for (let n = 0; n < 30; n++) {
      await clock.advance(1000);
      programs.say(`-A INPUT -j MINE-TOO\n${GOOD}`);
    }
    expect(foreign).toHaveLength(10);
  });

  test('go on after the program that looks has ended, and end with the last holding', async () => {
    const held = await watch.add(holding('MINE', 'legacy'));
    programs.say('-A OUTPUT -j MI');
    programs.end('node ended with SIGKILL');
    await clock.advance(60_000);
    expect(programs.started).toHaveLength(2);
    programs.say(GOOD);
    await held.stop();
    await clock.advance(60_000);
    expect(programs.told).toHaveLength(2);
    expect(programs.stopped).toBe(1);
  });

  test('ask for each chain where we may not listen, which is told once', async () => {
    kernel.refusal = new Error('operation not permitted');
    await watch.add(holding('MINE', 'nft', { programs: [program('nft'), program('nft', 'IPv6')] }));
    await watch.add(holding('OTHER', 'nft'));
    const chains = (name: string): string[][] =>
      ['OUTPUT', 'MINE'].map((chain) => [name, '-t', 'nat', '-S', chain]);
    expect(looks()).toEqual([
      { commands: [...chains('iptables-nft'), ...chains('ip6tables-nft')], lines: '^-A .*MINE' },
    ]);
    expect(deaf).toEqual(['operation not permitted']);
  });

  test('are all there is on legacy, which is nothing to tell', async () => {
    await watch.add(holding('MINE', 'legacy'));
    expect([kernel.joined, programs.started.length, deaf]).toEqual([0, 1, []]);
  });
});
