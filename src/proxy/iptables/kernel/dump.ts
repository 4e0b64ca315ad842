/** What `iptables-save` says is in the kernel, as far as it is ours to know. */
import { hash } from 'node:crypto';
import { isServiceChain, KUBELET_FIREWALL, SHARED_CHAINS } from '../rules/names.ts';
import { canonicalRule } from './canonical.ts';
import { LineReader } from '../../../host/lineReader.ts';

/** Keys are `TABLE CHAIN`. */
export interface Dump {
  /** Our chains, each with the hash of its canonical rules. */
  readonly ours: ReadonlyMap<string, string>;
  /** Chains of the kernel and the kubelet's firewall chain, which hold single rules of ours: their rules. */
  readonly shared: ReadonlyMap<string, readonly string[]>;
  /** How many rules in chains that are not ours jump to a chain: it must stay as long as there is one. */
  readonly references: ReadonlyMap<string, number>;
  /** A kubelet keeps its own chains here. */
  readonly kubelet: boolean;
}

/** Hash of a chain's rules, each given as what follows `-A CHAIN`. */
export function canonicalHash(rules: readonly string[]): string {
  return textHash(rules.map(canonicalRule).join('\n'));
}

/** Only compared with others of this process. */
export function textHash(text: string): string {
  return hash('sha1', text, 'base64');
}

const EMPTY = textHash('');

/** Reads the output of `iptables-save` in pieces of any length: whole, it is tens of megabytes in a large cluster. */
export class DumpReader {
  readonly #ours = new Map<string, string>();
  readonly #shared = new Map<string, string[]>();
  readonly #references = new Map<string, number>();
  #kubelet = false;
  #table = '';
  #chain = '';
  #rules: string[] = [];
  readonly #lines = new LineReader((line) => this.#line(line));

  push(piece: string): void {
    this.#lines.push(piece);
  }

  end(): Dump {
    this.push('\n');
    this.#endOfChain();
    return { ours: this.#ours, shared: this.#shared, references: this.#references, kubelet: this.#kubelet };
  }

  #line(line: string): void {
    if (line.startsWith('-A ')) this.#rule(line);
    else if (line.startsWith(':')) this.#declaration(line);
    else if (line.startsWith('*')) this.#table = line.slice(1).trim();
    else if (line.startsWith('COMMIT')) this.#endOfChain();
  }

  #declaration(line: string): void {
    const [name = '', policy] = line.slice(1).split(' ');
    const key = `${this.#table} ${name}`;
    if (this.#isOurs(name)) this.#ours.set(key, EMPTY);
    else if (policy !== '-' || name === KUBELET_FIREWALL) this.#shared.set(key, []);
    else if (name === 'KUBE-KUBELET-CANARY') this.#kubelet = true;
  }

  #rule(line: string): void {
    const space = line.indexOf(' ', 3);
    const chain = space < 0 ? line.slice(3) : line.slice(3, space);
    const rule = space < 0 ? '' : line.slice(space + 1);
    // iptables-save prints a chain's rules together.
    if (chain !== this.#chain) this.#endOfChain();
    this.#chain = chain;
    if (this.#isOurs(chain)) {
      this.#rules.push(rule);
      return;
    }
    this.#shared.get(`${this.#table} ${chain}`)?.push(rule);
    const target = / -[jg] (\S+)/.exec(` ${rule}`)?.[1];
    if (target === undefined) return;
    const key = `${this.#table} ${target}`;
    this.#references.set(key, (this.#references.get(key) ?? 0) + 1);
  }

  #endOfChain(): void {
    if (this.#rules.length > 0) this.#ours.set(`${this.#table} ${this.#chain}`, canonicalHash(this.#rules));
    this.#rules = [];
    this.#chain = '';
  }

  #isOurs(name: string): boolean {
    if (this.#table !== 'nat' && this.#table !== 'filter') return false;
    return SHARED_CHAINS.has(name) || isServiceChain(name);
  }
}
