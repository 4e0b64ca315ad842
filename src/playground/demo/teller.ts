/** How the demo looks: plain text in a pipe, colours on a terminal. */
import type { Place } from './step.ts';
import { HERE } from './step.ts';

export interface TellerSettings {
  readonly write: (text: string) => void;
  readonly colours: boolean;
}

const STYLES = {
  title: '\u001B[1;36m',
  story: '',
  prompt: '\u001B[1;32m',
  command: '\u001B[1m',
  remark: '\u001B[33m',
  good: '\u001B[1;32m',
  bad: '\u001B[1;31m',
} as const;
const RESET = '\u001B[0m';
const WIDTH = 100;

export class Teller {
  readonly #write: (text: string) => void;
  readonly #colours: boolean;

  constructor(settings: TellerSettings) {
    this.#write = settings.write;
    this.#colours = settings.colours;
  }

  title(text: string): void {
    this.#write(
      `\n${this.#style('title', `── ${text} ${'─'.repeat(Math.max(0, WIDTH - text.length - 4))}`)}\n`,
    );
  }

  story(text: string): void {
    this.#write(`${wrap(text, WIDTH).join('\n')}\n\n`);
  }

  command(place: Place, command: string): void {
    const prompt = place === HERE ? '$' : `${place}$`;
    this.#write(`${this.#style('prompt', prompt)} ${this.#style('command', command)}\n`);
  }

  output(text: string): void {
    if (text !== '') this.#write(text.endsWith('\n') ? text : `${text}\n`);
  }

  remark(text: string): void {
    for (const line of wrap(text, WIDTH - 4)) this.#write(`${this.#style('remark', `  # ${line}`)}\n`);
  }

  good(text: string): void {
    this.#write(`${this.#style('good', `  ✓ ${text}`)}\n`);
  }

  bad(text: string): void {
    this.#write(`${this.#style('bad', `  ✗ ${text}`)}\n`);
  }

  #style(style: keyof typeof STYLES, text: string): string {
    // Line by line: a colour that runs over a line's end also colours the rest of the line in some terminals.
    if (!this.#colours) return text;
    return text
      .split('\n')
      .map((line) => `${STYLES[style]}${line}${RESET}`)
      .join('\n');
  }
}

/** Breaks a text at spaces. */
export function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const last = lines[lines.length - 1] ?? '';
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}
