/** One table: its chains, and the commands of one restore, which take effect together or not at all. */
import { type FakeRule, isTarget, parseRule, printRule, Refusal } from './iptablesRule.ts';

const BUILT_IN: Readonly<Record<string, readonly string[]>> = {
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
};
const LONGEST_NAME = 28;
const MOST_JUMPS = 16;

export class FakeTable {
  readonly name: string;
  readonly v6: boolean;
  readonly chains: Map<string, readonly FakeRule[]>;

  constructor(name: string, v6: boolean, chains?: ReadonlyMap<string, readonly FakeRule[]>) {
    this.name = name;
    this.v6 = v6;
    this.chains = new Map(chains ?? (BUILT_IN[name] ?? []).map((chain) => [chain, []]));
  }

  static exists(name: string): boolean {
    return Object.hasOwn(BUILT_IN, name);
  }

  /** To be changed by a restore while this one stays in force. */
  copy(): FakeTable {
    return new FakeTable(this.name, this.v6, this.chains);
  }

  isBuiltIn(chain: string): boolean {
    return BUILT_IN[this.name]?.includes(chain) === true;
  }

  /** One line between `*TABLE` and `COMMIT`. Throws Refusal. */
  apply(line: string): void {
    if (line.startsWith(':')) {
      const chain = line.slice(1).split(' ')[0] ?? '';
      if (chain.length > LONGEST_NAME) throw new Refusal(`chain name \`${chain}' too long`, 2);
      // A declaration empties a chain that is there, except the kernel's own, of which it only sets the policy.
      if (!this.isBuiltIn(chain)) this.chains.set(chain, []);
      return;
    }
    const match = /^(-[ADIX]) (\S+)(?: (.*))?$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) throw new Refusal(`Bad argument \`${line}'`, 2);
    this.#command(match[1], match[2], match[3] ?? '');
  }

  #command(command: string, chain: string, text: string): void {
    const rules = this.chains.get(chain);
    if (rules === undefined) throw new Refusal('No chain/target/match by that name.', 1);
    if (command === '-X') {
      this.#delete(chain);
      return;
    }
    const rule = parseRule(text, this.name, this.v6);
    if (command === '-D') {
      const printed = printRule(rule, this.v6);
      const index = rules.findIndex((other) => printRule(other, this.v6) === printed);
      if (index < 0) throw new Refusal('Bad rule (does a matching rule exist in that chain?).', 1);
      this.chains.set(chain, rules.toSpliced(index, 1));
    } else {
      this.chains.set(chain, command === '-I' ? [rule, ...rules] : [...rules, rule]);
    }
  }

  #delete(chain: string): void {
    const busy =
      (this.chains.get(chain)?.length ?? 0) > 0 || this.isBuiltIn(chain) || this.#isReferenced(chain);
    if (busy) throw new Refusal(`CHAIN_DEL failed (Device or resource busy): chain ${chain}`, 4);
    this.chains.delete(chain);
  }

  #isReferenced(chain: string): boolean {
    for (const rules of this.chains.values()) {
      if (rules.some((rule) => rule.target?.name === chain)) return true;
    }
    return false;
  }

  /** What the kernel checks at the end: every jump leads somewhere, and jumps do not follow each other for ever. */
  check(): void {
    for (const rules of this.chains.values()) {
      for (const { target } of rules) {
        if (target === undefined || isTarget(target.name) || this.chains.has(target.name)) continue;
        throw new Refusal(`Chain '${target.name}' does not exist`, 2);
      }
    }
    const depths = new Map<string, number>();
    for (const chain of this.chains.keys()) if (this.isBuiltIn(chain)) this.#depth(chain, depths, 0);
  }

  /** Jumps that can follow each other from a chain on. */
  #depth(chain: string, depths: Map<string, number>, above: number): number {
    if (above >= MOST_JUMPS) throw new Refusal('RULE_APPEND failed (Too many links)', 4);
    const known = depths.get(chain);
    if (known !== undefined && above + known < MOST_JUMPS) return known;
    let depth = 0;
    for (const { target } of this.chains.get(chain) ?? []) {
      if (target !== undefined && this.chains.has(target.name)) {
        depth = Math.max(depth, 1 + this.#depth(target.name, depths, above + 1));
      }
    }
    depths.set(chain, depth);
    return depth;
  }

  /** As iptables-save prints it. */
  print(): string {
    const names = [...this.chains.keys()];
    const declarations = names.map((name) => `:${name} ${this.isBuiltIn(name) ? 'ACCEPT' : '-'} [0:0]`);
    const rules = [...this.chains].flatMap(([name, list]) =>
      list.map((rule) => `-A ${name} ${printRule(rule, this.v6)}`.trimEnd()),
    );
    return [`*${this.name}`, ...declarations, ...rules, 'COMMIT', ''].join('\n');
  }
}
