/** Our chain in the raw and nat tables of one family, written through the iptables programs. */
import type { Exec } from '../../host/exec.ts';
import type { Family } from '../../net/ip.ts';
import type { RulePrograms } from '../../netfilter/holding.ts';
import {
  CHAIN,
  countRules,
  HOOKS,
  installInput,
  isIntact,
  missingHooks,
  removeInput,
  rulesOf,
  type Table,
} from './rules.ts';

/** The programs of one family in the backend that routing uses too. */
export interface NodePrograms extends RulePrograms {
  readonly restore: string;
  /** Arguments that make `restore` wait for the lock of iptables-legacy. */
  readonly wait: readonly string[];
}

const TABLES: readonly Table[] = ['raw', 'nat'];
const TIMEOUT_MS = 60_000;

export class NodeTables {
  readonly family: Family;
  readonly #exec: Exec;
  readonly #programs: NodePrograms;

  constructor(exec: Exec, programs: NodePrograms) {
    this.family = programs.family;
    this.#exec = exec;
    this.#programs = programs;
  }

  /** Makes our chains hold the rules for these addresses, and nothing else. Rejects with what iptables said. */
  async install(addresses: readonly string[]): Promise<void> {
    for (const table of TABLES) {
      const hooks =
        table === 'raw' ? missingHooks(table, await this.#save(table)) : await this.#missingNatHooks();
      await this.#restore(installInput(table, rulesOf(table, this.family, addresses), hooks));
    }
  }

  /** Whether nobody has flushed what `install` wrote. */
  async intact(addresses: readonly string[]): Promise<boolean> {
    const rules = rulesOf('raw', this.family, addresses);
    if (!isIntact('raw', await this.#save('raw'), rules)) return false;
    if ((await this.#missingNatHooks()).length > 0) return false;
    return countRules(await this.#chainOfNat()) === rulesOf('nat', this.family, addresses).length;
  }

  /** Takes our chains out; tables that never had them are not touched. */
  async remove(): Promise<void> {
    for (const table of TABLES) {
      // A table that cannot be read (a kernel without IPv6, say) was never ours to write.
      const input = removeInput(table, await this.#save(table).catch(() => ''));
      if (input !== undefined) await this.#restore(input);
    }
  }

  /** Asked hook by hook: the nat table holds all Services, and printing it to look for one line takes long. */
  async #missingNatHooks(): Promise<string[]> {
    const missing: string[] = [];
    for (const hook of HOOKS.nat) {
      const argv = [this.#programs.iptables, ...this.#programs.wait, '-t', 'nat', '-C', hook] as const;
      const { code } = await this.#exec.run([...argv, '-j', CHAIN], { timeoutMs: TIMEOUT_MS });
      if (code !== 0) missing.push(hook);
    }
    return missing;
  }

  /** Its rules; none where it is not there. */
  async #chainOfNat(): Promise<string> {
    const argv = [this.#programs.iptables, ...this.#programs.wait, '-t', 'nat', '-S', CHAIN] as const;
    return (await this.#exec.run(argv, { timeoutMs: TIMEOUT_MS })).stdout;
  }

  async #save(table: Table): Promise<string> {
    const argv = [this.#programs.save, '-t', table] as const;
    const { code, stdout, stderr } = await this.#exec.run(argv, { timeoutMs: TIMEOUT_MS });
    if (code !== 0) throw new Error(`${argv.join(' ')}: ${firstLine(stderr, code)}`);
    return stdout;
  }

  async #restore(stdin: string): Promise<void> {
    const argv = [this.#programs.restore, ...this.#programs.wait, '--noflush'] as const;
    const { code, stderr } = await this.#exec.run(argv, { stdin, timeoutMs: TIMEOUT_MS });
    if (code !== 0) throw new Error(`${argv.join(' ')}: ${firstLine(stderr, code)}`);
  }
}

function firstLine(stderr: string, code: number): string {
  return stderr.trim().split('\n')[0] || `exit code ${code}`;
}
