import type { StartCompanion } from '../../../src/host/companion.ts';
import type { Exec, ExecOptions, ExecResult } from '../../../src/host/exec.ts';
import type { FakeClock } from '../../fake/clock.ts';

interface Member {
  readonly address: string;
  readonly expires: number;
}

/**
 * The part of a node that DNS touches: addresses on `lo`, sets with timeouts, raw and nat tables. It refuses what the
 * real programs refuse; the kernel tests keep it honest.
 */
export class FakeKernel implements Exec {
  /** `10.96.0.10/32 label lo:fairlead scope host` */
  readonly addresses: string[] = ['127.0.0.1/8', '::1/128'];
  readonly sets: Map<string, Member[]> = new Map();
  /** Lines of `iptables-save`, by program and table. */
  readonly tables: Map<string, string[]> = new Map();
  /** Programs that fail, by first word, with what they say. */
  readonly broken: Map<string, string> = new Map();
  readonly ran: string[] = [];
  /** Companions. */
  readonly started: string[] = [];
  /** Companions do not read what they are told before they must. */
  slow = false;
  readonly #unread: (() => void)[] = [];
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  run(argv: readonly [string, ...string[]], { stdin = '' }: ExecOptions = {}): Promise<ExecResult> {
    this.ran.push(argv.join(' '));
    const broken = this.broken.get(argv[0]);
    try {
      if (broken !== undefined) throw new Error(broken);
      return Promise.resolve({ code: 0, stdout: this.#dispatch(argv, stdin), stderr: '' });
    } catch (error) {
      return Promise.resolve({ code: 1, stdout: '', stderr: (error as Error).message });
    }
  }

  /** `ipset -` */
  readonly companion: StartCompanion = ([program], events) => {
    this.started.push(program);
    const read = (lines: readonly string[]): void => {
      for (const line of lines) {
        try {
          const broken = this.broken.get(program);
          if (broken !== undefined) throw new Error(broken);
          this.#ipsetLine(line.split(' '));
        } catch (error) {
          events.complained((error as Error).message);
        }
      }
    };
    return {
      tell: (lines) => {
        this.#unread.push(() => read(lines));
        if (!this.slow) this.catchUp();
      },
      stop: () => Promise.resolve(this.catchUp()),
    };
  };

  /** Companions read what they were told so far. */
  catchUp(): void {
    for (const read of this.#unread.splice(0)) read();
  }

  /** Addresses under lease now. */
  leased(): string[] {
    return [...this.sets.values()]
      .flat()
      .filter(({ expires }) => expires > this.#clock.monotonic())
      .map(({ address }) => address);
  }

  table(program: string, table: string): string[] {
    const key = `${program} ${table}`;
    const lines = this.tables.get(key) ?? [];
    this.tables.set(key, lines);
    return lines;
  }

  #dispatch(argv: readonly [string, ...string[]], stdin: string): string {
    const [program, ...args] = argv;
    if (program === 'ip') return this.#ip(args);
    if (program === 'ipset') return this.#ipset(args, stdin);
    if (program.endsWith('-save')) return this.#save(program.replace('-save', ''), args[1] ?? '');
    if (program.endsWith('-restore')) return this.#restore(program.replace('-restore', ''), stdin);
    if (args.includes('-S')) return this.#list(program, args);
    return this.#check(program, args);
  }

  #ip([, verb = '', ...rest]: string[]): string {
    if (rest[0] === 'show') {
      const addr_info = this.addresses.map((line) => {
        const [, local = '', words = ''] = /^(.*?)\/\d+(.*)$/.exec(line) ?? [];
        const metric = /metric (\d+)/.exec(words)?.[1];
        const label = /label (\S+)/.exec(words)?.[1];
        return { local, ...(metric && { metric: Number(metric) }), ...(label && { label }) };
      });
      return JSON.stringify([{ ifname: 'lo', addr_info }]);
    }
    const [address = '', , , ...words] = rest;
    const at = this.addresses.findIndex((line) => line.split(' ')[0] === address);
    if (verb === 'add' && at >= 0) throw new Error('RTNETLINK answers: File exists');
    if (verb === 'delete' && at < 0) throw new Error('RTNETLINK answers: Cannot assign requested address');
    if (verb === 'add') this.addresses.push([address, ...words].join(' '));
    else this.addresses.splice(at, 1);
    return '';
  }

  #ipset(args: string[], stdin: string): string {
    if (args[0] === 'list') return `${args[2]} ${this.#set(args[2] ?? '').length}`;
    for (const line of stdin.trimEnd().split('\n')) this.#ipsetLine(line.split(' '));
    return '';
  }

  #ipsetLine([verb = '', name = '', member = '']: string[]): void {
    if (verb === 'create') return void this.sets.set(name, this.sets.get(name) ?? []);
    const members = this.#set(name);
    if (verb === 'destroy') {
      const used = [...this.tables.values()].flat().some((line) => line.includes(`-set ${name} `));
      if (used) throw new Error('Set cannot be destroyed: it is in use by a kernel component');
      this.sets.delete(name);
    } else if (verb === 'flush') this.sets.set(name, []);
    else {
      const others = members.filter(({ address }) => address !== member);
      const expires = this.#clock.monotonic() + 3000;
      this.sets.set(name, verb === 'add' ? [...others, { address: member, expires }] : others);
    }
  }

  #set(name: string): Member[] {
    const members = this.sets.get(name);
    if (members === undefined) throw new Error('The set with the given name does not exist');
    return members;
  }

  #save(program: string, table: string): string {
    const lines = this.table(program, table);
    return lines.length === 0 ? '' : `*${table}\n${lines.join('\n')}\nCOMMIT\n`;
  }

  #list(program: string, args: string[]): string {
    const chain = args[args.indexOf('-S') + 1] ?? '';
    const lines = this.table(program, args[args.indexOf('-t') + 1] ?? '');
    if (!lines.includes(`:${chain} - [0:0]`)) throw new Error('No chain/target/match by that name.');
    return [`-N ${chain}`, ...lines.filter((line) => line.startsWith(`-A ${chain} `)), ''].join('\n');
  }

  #check(program: string, args: string[]): string {
    const rule = args.slice(args.indexOf('-C') + 1).join(' ');
    if (!this.table(program, args[args.indexOf('-t') + 1] ?? '').includes(`-A ${rule}`))
      throw new Error('Bad rule');
    return '';
  }

  #restore(program: string, stdin: string): string {
    const [head = '', ...body] = stdin.trimEnd().split('\n');
    let lines = [...this.table(program, head.slice(1))];
    const without = (line: string): string[] => {
      if (!lines.includes(line)) throw new Error(`restore failed at: ${line}`);
      return lines.filter((one) => one !== line);
    };
    if (body.pop() !== 'COMMIT') throw new Error('no COMMIT');
    for (const line of body) {
      const [verb = '', chain = ''] = line.replace(/^:/, ': ').split(' ');
      for (const [, set = ''] of line.matchAll(/-set (\S+)/g)) if (verb === '-A') this.#set(set);
      if (verb === ':')
        lines = [
          ...lines.filter((one) => one !== `:${chain} - [0:0]` && !one.startsWith(`-A ${chain} `)),
          `:${chain} - [0:0]`,
        ];
      if (verb === '-A') lines.push(line);
      if (verb === '-I') lines.unshift(line.replace(/^-I (\S+) 1/, '-A $1'));
      if (verb === '-D') lines = without(line.replace('-D', '-A'));
      if (verb === '-F') lines = lines.filter((one) => !one.startsWith(`-A ${chain} `));
      if (verb === '-X') lines = without(`:${chain} - [0:0]`);
    }
    this.tables.set(`${program} ${head.slice(1)}`, lines);
    return '';
  }
}
