/** Regular expressions in Go's notation (RE2), read into a tree. */
import { CLASSES, type CodeSet, CONTROLS, isLetter, not, POSIX } from './codeSets.ts';

export type Node =
  | { readonly kind: 'set'; readonly has: CodeSet }
  | { readonly kind: 'assert'; readonly what: 'start' | 'end' | 'boundary' | 'inside' }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly options: readonly Node[] }
  | {
      readonly kind: 'repeat';
      readonly of: Node;
      readonly min: number;
      readonly max: number;
      readonly greedy: boolean;
    }
  | { readonly kind: 'group'; readonly of: Node; readonly index: number };

export interface Syntax {
  readonly tree: Node;
  /** Groups, the whole match not counted. */
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
}

/** The message says what cannot be read, for whoever wrote the pattern. */
export class PatternError extends Error {
  /** Go would take it: it is only not offered here. */
  readonly isGo: boolean;

  constructor(message: string, isGo = false) {
    super(message);
    this.isGo = isGo;
  }
}

/** As RE2: more would be a program too long to run for each question. */
const MAX_REPEAT = 1000;
const MAX_DEPTH = 100;

/** @throws PatternError that says what cannot be read */
export function parsePattern(source: string): Syntax {
  return new Parser(source).whole();
}

class Parser {
  readonly #source: string;
  readonly #names = new Map<string, number>();
  #at = 0;
  #groups = 0;
  #depth = 0;
  #ignoreCase = false;

  constructor(source: string) {
    this.#source = source;
  }

  whole(): Syntax {
    const tree = this.#choice();
    if (this.#at < this.#source.length) throw new PatternError('a parenthesis is closed that was not opened');
    return { tree, groups: this.#groups, names: this.#names };
  }

  #choice(): Node {
    if (++this.#depth > MAX_DEPTH) throw new PatternError('groups are nested too deep');
    const ignoreCase = this.#ignoreCase;
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    this.#ignoreCase = ignoreCase;
    this.#depth -= 1;
    const [only, ...more] = options;
    return only !== undefined && more.length === 0 ? only : { kind: 'choice', options };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    for (let next = this.#peek(); next !== '' && next !== '|' && next !== ')'; next = this.#peek()) {
      const atom = this.#atom();
      if (atom !== undefined) parts.push(this.#repeated(atom));
    }
    return { kind: 'sequence', parts };
  }

  #repeated(of: Node): Node {
    const counted = /^\{(\d{1,4})(?:(,)(\d{0,4}))?\}/.exec(this.#source.slice(this.#at));
    const sign = counted?.[0] ?? /^[*+?]/.exec(this.#peek())?.[0];
    if (sign === undefined) return of;
    this.#at += sign.length;
    const greedy = !this.#take('?');
    const [min, max] = counted === null ? (SIGNS[sign] ?? [0, 0]) : boundsOf(counted);
    if (Math.max(min, max === Infinity ? 0 : max) > MAX_REPEAT || min > max) {
      throw new PatternError(`${sign} is no repetition`);
    }
    if (/^([*+]|\{\d)/.test(this.#source.slice(this.#at))) throw new PatternError('a repetition is repeated');
    return { kind: 'repeat', of, min, max, greedy };
  }

  /** `undefined`: it only set flags. */
  #atom(): Node | undefined {
    const char = this.#next();
    switch (char) {
      case '(':
        return this.#group();
      case '[':
        return this.#set(this.#bracket());
      case '.':
        return this.#set((code) => code !== 10);
      case '^':
        return { kind: 'assert', what: 'start' };
      case '$':
        return { kind: 'assert', what: 'end' };
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw new PatternError(`nothing before ${char}`);
      default:
        return this.#literal(char.charCodeAt(0));
    }
  }

  #group(): Node | undefined {
    const rest = this.#source.slice(this.#at);
    const [plain] = /^\?:/.exec(rest) ?? [];
    const [named, name] = /^\?P?<(\w+)>/.exec(rest) ?? [];
    const [flags, letters = '', end] = /^\?([ims]+)([:)])/.exec(rest) ?? [];
    if (rest.startsWith('?') && (plain ?? named ?? flags) === undefined) {
      throw new PatternError(`(${rest.slice(0, 3)} is not offered`, rest.startsWith('?U'));
    }
    this.#at += (plain ?? named ?? flags ?? '').length;
    const before = this.#ignoreCase;
    if (letters.includes('i')) this.#ignoreCase = true;
    if (end === ')') return undefined;
    const captures = plain === undefined && flags === undefined;
    const index = captures ? ++this.#groups : 0;
    if (name !== undefined) this.#names.set(name, index);
    const of = this.#choice();
    this.#ignoreCase = before;
    if (!this.#take(')')) throw new PatternError('a parenthesis is not closed');
    return captures ? { kind: 'group', of, index } : of;
  }

  #escape(): Node {
    const char = this.#next();
    const set = CLASSES[char];
    if (set !== undefined) return this.#set(set);
    switch (char) {
      case 'A':
        return { kind: 'assert', what: 'start' };
      case 'z':
        return { kind: 'assert', what: 'end' };
      case 'b':
        return { kind: 'assert', what: 'boundary' };
      case 'B':
        return { kind: 'assert', what: 'inside' };
      default:
        return this.#literal(this.#escapedCode(char));
    }
  }

  #escapedCode(char: string): number {
    const [hex, digits] = char === 'x' ? (/^([\da-f]{2})/i.exec(this.#source.slice(this.#at)) ?? []) : [];
    if (hex !== undefined) {
      this.#at += hex.length;
      return Number.parseInt(digits ?? '', 16);
    }
    const control = CONTROLS[char];
    if (control !== undefined) return control;
    // RE2 too has no back references, and keeps letters for later.
    if (char === '' || /\w/.test(char))
      throw new PatternError(`\\${char} is not offered`, /[pPQC]/.test(char));
    return char.charCodeAt(0);
  }

  #bracket(): CodeSet {
    const negated = this.#take('^');
    const sets: CodeSet[] = [];
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      if (this.#peek() === '') throw new PatternError('a bracket is not closed');
      sets.push(this.#member());
    }
    this.#at += 1;
    const any: CodeSet = (code) => sets.some((set) => set(code));
    return negated ? not(any) : any;
  }

  #member(): CodeSet {
    const [posix, name = ''] = /^\[:(\w+):\]/.exec(this.#source.slice(this.#at)) ?? [];
    const known = POSIX[name];
    if (posix !== undefined && known !== undefined) {
      this.#at += posix.length;
      return known;
    }
    const set = this.#peek() === '\\' ? CLASSES[this.#source[this.#at + 1] ?? ''] : undefined;
    if (set !== undefined) {
      this.#at += 2;
      return set;
    }
    const low = this.#memberCode();
    const isRange = this.#peek() === '-' && ![']', ''].includes(this.#source[this.#at + 1] ?? '');
    if (!isRange) return (code) => code === low;
    this.#at += 1;
    const high = this.#memberCode();
    if (high < low) throw new PatternError('a range runs backwards');
    return (code) => code >= low && code <= high;
  }

  #memberCode(): number {
    const char = this.#next();
    return char === '\\' ? this.#escapedCode(this.#next()) : char.charCodeAt(0);
  }

  #literal(wanted: number): Node {
    return this.#set((code) => code === wanted);
  }

  #set(has: CodeSet): Node {
    if (!this.#ignoreCase) return { kind: 'set', has };
    const either: CodeSet = (code) => has(code) || (isLetter(code) && has(code ^ 32));
    return { kind: 'set', has: either };
  }

  #peek(): string {
    return this.#source[this.#at] ?? '';
  }

  #next(): string {
    return this.#source[this.#at++] ?? '';
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at += 1;
    return true;
  }
}

const SIGNS: Readonly<Record<string, readonly [min: number, max: number]>> = {
  '*': [0, Infinity],
  '+': [1, Infinity],
  '?': [0, 1],
};

function boundsOf([, low = '', comma, high = '']: RegExpExecArray): readonly [min: number, max: number] {
  const min = Number(low);
  if (comma === undefined) return [min, min];
  return [min, high === '' ? Infinity : Number(high)];
}
