import { beforeEach, describe, expect, test } from 'vitest';
import { type Look, lookOf } from '../../src/host/looks/look.ts';
import type { Holding, RulePrograms } from '../../src/netfilter/holding.ts';
import { RuleWatch } from '../../src/netfilter/ruleWatch.ts';
import { FakeClock } from '../fake/clock.ts';
import { FakeCompanions } from '../fake/companion.ts';

let clock: FakeClock;
let programs: FakeCompanions;
let watch: RuleWatch;
/** What holdings were told. */
let foreign: string[];
/** What tells whether nft can listen: its exit code, and its version. */
let nft: number;
let version: string;

beforeEach(() => {
  clock = new FakeClock();
  programs = new FakeCompanions();
  foreign = [];
  nft = 0;
  version = '1.0.6';
  const exec = {
    run: () => Promise.resolve({ code: nft, stdout: `nftables v${version} (a name)\n`, stderr: '' }),
  };
  watch = new RuleWatch({ exec, clock, companion: programs.start });
});

function program(variant: 'nft' | 'legacy', family: RulePrograms['family'] = 'IPv4'): RulePrograms {
  const name = `${family === 'IPv4' ? 'iptables' : 'ip6tables'}-${variant}`;
  return { family, variant, iptables: name, save: `${name}-save` };
}

/** Chain MINE of table nat, hooked into OUTPUT; what it is told begins with its name. */
function holding(mine: string, variant: 'nft' | 'legacy', fields: Partial<Holding> = {}): Holding {
  return {
    programs: [program(variant)],
    has: (table, chain) => table === 'nat' && ['', 'OUTPUT', mine].includes(chain),
    removed: () => false,
    lasting: { chains: { nat: ['OUTPUT', mine] }, lines: new RegExp(`^-A .*${mine}`) },
    onForeign: (what) => void foreign.push(`${mine}: ${what}`),
    ...fields,
  };
}

describe('nft monitor', () => {
  const start = (mine: string, fields?: Partial<Holding>): ReturnType<RuleWatch['add']> =>
    watch.add(holding(mine, 'nft', fields));

  test('tells of rules that others removed, whoever holds them', async () => {
    await start('MINE');
    programs.say('delete rule ip nat MI');
    programs.say('NE handle 1\ndelete rule ip nat CNI handle 4\ndelete rule ip6 nat MINE handle 1\n');
    programs.say('delete table ip filter\ndelete table ip nat\n');
    expect(foreign).toEqual([
      'MINE: rules of nat MINE (IPv4) were removed',
      'MINE: table nat (IPv4) was deleted',
    ]);
  });

  test('is one for all, tells each of its own, and ends with the last', async () => {
    const [one, other] = [await start('ONE'), await start('OTHER')];
    programs.say('delete rule ip nat OTHER handle 1\ndelete rule ip nat OUTPUT handle 2\n');
    expect(foreign).toEqual([
      'OTHER: rules of nat OTHER (IPv4) were removed',
      'ONE: rules of nat OUTPUT (IPv4) were removed',
      'OTHER: rules of nat OUTPUT (IPv4) were removed',
    ]);
    await one.stop();
    await one.stop();
    expect(programs).toMatchObject({ started: [expect.stringContaining('nft -nn monitor')], stopped: 0 });
    await other.stop();
    expect(programs.stopped).toBe(1);
    await start('ONE');
    expect(programs.started).toHaveLength(2);
  });

  test('takes nothing for foreign that the holder says it removed, but a whole table', async () => {
    await start('MINE', { removed: (_family, table, chain) => `${table} ${chain}` === 'nat MINE' });
    programs.say(
      'delete rule ip nat MINE handle 1\ndelete rule ip nat OUTPUT handle 1\ndelete table ip nat\n',
    );
    expect(foreign).toEqual([
      'MINE: rules of nat OUTPUT (IPv4) were removed',
      'MINE: table nat (IPv4) was deleted',
    ]);
  });

  test('is started again when it ends, ever later, and then everything is to be looked at', async () => {
    await start('MINE');
    for (let n = 0; n < 3; n++) {
      programs.end('setpriv ended with exit code 1');
      await clock.advance(5000 * 2 ** n);
    }
    expect(programs.started).toHaveLength(4);
    expect(foreign).toHaveLength(3);
  });

  test('tells when the kernel had more news than it could read', async () => {
    await start('MINE');
    programs.say('# ERROR: We lost some netlink events!\n');
    expect(foreign).toEqual([expect.stringContaining('may have been missed')]);
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

  test.each([
    ['0.9.8', 'nft monitor'],
    ['1.0.6', 'nft monitor'],
    ['1.0.7', 'looker'],
    ['1.1.3', 'looker'],
    ['2.0.0', 'looker'],
  ])('nft %s is no use where it cannot tell of deletions alone: %s', async (given, program) => {
    version = given;
    await watch.add(holding('MINE', 'nft'));
    expect(programs.started.join().replace('-nn ', '')).toContain(program);
  });

  test('ask for each chain where there is no nft to listen', async () => {
    nft = 127;
    await watch.add(holding('MINE', 'nft', { programs: [program('nft'), program('nft', 'IPv6')] }));
    const chains = (program: string): string[][] =>
      ['OUTPUT', 'MINE'].map((chain) => [program, '-t', 'nat', '-S', chain]);
    expect(looks()).toEqual([
      { commands: [...chains('iptables-nft'), ...chains('ip6tables-nft')], lines: '^-A .*MINE' },
    ]);
  });
});
