/** Text that comes in pieces, line by line. */
export class LineReader {
  readonly #onLine: (line: string) => void;
  /** The beginning of a line whose end has not come yet. */
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(piece: string): void {
    const lines = (this.#rest + piece).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line);
  }
}
