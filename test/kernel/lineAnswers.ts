/** A program that answers each line of JSON with one, in order. */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

export class LineAnswers<Question, Answer> {
  readonly #program: ChildProcess;
  readonly #waiting: ((answer: Answer) => void)[] = [];

  constructor(program: ChildProcess & { stdout: NodeJS.ReadableStream }) {
    this.#program = program;
    createInterface(program.stdout).on('line', (line) => this.#waiting.shift()?.(JSON.parse(line) as Answer));
  }

  ask(question: Question): Promise<Answer> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#program.stdin?.write(`${JSON.stringify(question)}\n`);
    });
  }
}
