/** A Corefile as words. Its language is that of Caddy 1, whose reader CoreDNS took over. */
import { type Place, UnusableConfig } from '../place.ts';

export interface Token extends Place {
  readonly text: string;
  /** It is the first word of its line. */
  readonly leads: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Words are separated by white space; in double quotes they may hold it, and line breaks, with `\"` for a quote.
 * From a `#` on, the line is a comment. `{$NAME}` and `{%NAME%}` stand for a variable of the environment, one that is
 * not set for nothing.
 * @throws UnusableConfig where a quote is not closed
 */
export function tokensOf(text: string, file: string, env: Environment): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let lastLine = 0;
  for (const [whole, quoted, closing] of text.matchAll(WORD)) {
    if (whole === '\n') line += 1;
    if (whole === '\n' || whole.startsWith('#')) continue;
    if (closing === '') throw new UnusableConfig({ file, line }, 'the quote opened here is never closed');
    const word = quoted === undefined ? whole : quoted.replaceAll('\\"', '"');
    tokens.push({ text: fillIn(word, env), file, line, leads: line !== lastLine });
    line += whole.split('\n').length - 1;
    // What follows a quoted line break is still of the statement that began above.
    lastLine = line;
  }
  return tokens;
}

/** A line break, a comment, a word in quotes, any other word. */
const WORD = /\n|#[^\n]*|"((?:\\"|[^"])*)("|$)|[^\s#]+/g;

function fillIn(word: string, env: Environment): string {
  return word.replaceAll(
    /\{\$(\w+)\}|\{%(\w+)%\}/g,
    (_, unix: string | undefined, windows: string | undefined) => env[unix ?? windows ?? ''] ?? '',
  );
}
