/** A Corefile as a tree: server blocks, and in them statements, some with a body of their own. */
import { type Place, UnusableConfig } from '../place.ts';
import type { Token } from './lexer.ts';

export interface Statement extends Place {
  readonly name: string;
  readonly args: readonly string[];
  /** `undefined`: it has no braces. */
  readonly body: readonly Statement[] | undefined;
}

/** `KEY, KEY { … }`; a snippet has one key in parentheses. */
export interface Block extends Place {
  readonly keys: readonly string[];
  readonly body: readonly Statement[];
}

export type TopLevel =
  | { readonly kind: 'block'; readonly block: Block }
  | { readonly kind: 'import'; readonly statement: Statement };

/** Reads a whole file of server blocks. @throws UnusableConfig where braces do not match */
export function readTopLevel(tokens: readonly Token[]): TopLevel[] {
  const reader = new TreeReader(tokens);
  const found: TopLevel[] = [];
  while (!reader.atEnd) found.push(reader.topLevel());
  return found;
}

/** Reads a file that is imported within a server block. @throws UnusableConfig where braces do not match */
export function readStatements(tokens: readonly Token[]): Statement[] {
  return new TreeReader(tokens).statements(undefined);
}

class TreeReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get atEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  topLevel(): TopLevel {
    const [first] = this.#tokens.slice(this.#at);
    if (first?.text === 'import') return { kind: 'import', statement: this.#statement() };
    return { kind: 'block', block: this.#block() };
  }

  /** Until the closing brace of `opened`, or to the end of the file where nothing was opened. */
  statements(opened: Place | undefined): Statement[] {
    const found: Statement[] = [];
    for (;;) {
      const token = this.#peek();
      if (token === undefined) {
        if (opened !== undefined) throw new UnusableConfig(opened, 'the brace opened here is never closed');
        return found;
      }
      if (token.text === '}') {
        if (opened === undefined) throw new UnusableConfig(token, 'closes a brace that was not opened');
        this.#at += 1;
        return found;
      }
      found.push(this.#statement());
    }
  }

  #block(): Block {
    const place = this.#place();
    const keys: string[] = [];
    let open = true;
    for (let token = this.#peek(); token !== undefined; token = this.#peek()) {
      if (token.text === '{') break;
      if (token.text === '}') throw new UnusableConfig(token, 'closes a brace that was not opened');
      // A list of keys goes on in the next line after a comma; else the block has no braces and is the whole file.
      if (token.leads && keys.length > 0 && !open)
        return { ...place, keys, body: this.statements(undefined) };
      open = token.text.endsWith(',');
      keys.push(...token.text.split(',').filter((key) => key !== ''));
      this.#at += 1;
    }
    if (keys.length === 0) throw new UnusableConfig(place, 'a server block needs a zone before its brace');
    const brace = this.#peek();
    this.#at += 1;
    return { ...place, keys, body: brace === undefined ? [] : this.statements(brace) };
  }

  #statement(): Statement {
    const place = this.#place();
    const name = this.#peek()?.text ?? '';
    if (name === '{')
      throw new UnusableConfig(place, 'a brace must stand at the end of a line, behind a name');
    this.#at += 1;
    const args: string[] = [];
    for (let token = this.#peek(); token !== undefined && !token.leads; token = this.#peek()) {
      this.#at += 1;
      if (token.text === '{' && this.#peek()?.leads !== false) {
        return { ...place, name, args, body: this.statements(token) };
      }
      args.push(token.text);
      // `name { }` in one line is no body in this language, but people write it.
      if (token.text === '}') throw new UnusableConfig(token, 'a closing brace must have a line of its own');
    }
    return { ...place, name, args, body: undefined };
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #place(): Place {
    const { file = '', line = 0 } = this.#peek() ?? this.#tokens.at(-1) ?? {};
    return { file, line };
  }
}
