/** Runs the demo's commands where they belong, shows them, and holds their output against what it must be. */
import { spawn } from 'node:child_process';
import { type Clock, sleep } from '../../host/clock.ts';
import { type ApiTool, HERE, type Output, type Place, type Stage, StepFailure } from './step.ts';
import type { Environment } from '../surroundings.ts';
import type { Teller } from './teller.ts';

/** What the stage needs of a playground. */
export interface Actors {
  enter(place: Place, argv: readonly string[]): Promise<readonly [string, ...string[]]>;
  startAgent(node: string): void;
}

/** Milliseconds: longer than anything the story waits for. */
const COMMAND_TIMEOUT = 30_000;
/** So long may a busy machine take over what is true in a moment elsewhere; how long it took is told. */
const PATIENCE_MS = 30_000;
const RETRY_INTERVAL = 100;

export class RealStage implements Stage {
  readonly api: ApiTool;
  readonly #actors: Actors;
  readonly #teller: Teller;
  readonly #envAt: (place: Place) => Environment;
  readonly #clock: Clock;

  /** @param envAt environment of commands: where `fairlead` and the API server are found. */
  constructor(
    actors: Actors,
    teller: Teller,
    api: ApiTool,
    envAt: (place: Place) => Environment,
    clock: Clock,
  ) {
    this.api = api;
    this.#actors = actors;
    this.#teller = teller;
    this.#envAt = envAt;
    this.#clock = clock;
  }

  async run(place: Place, command: string): Promise<Output> {
    this.#teller.command(place, command);
    const output = await this.#execute(place, command);
    this.#teller.output(output.text);
    return output;
  }

  async eventually(
    place: Place,
    command: string,
    holds: (output: Output) => boolean,
    expected: string,
  ): Promise<Output & { readonly after: number }> {
    this.#teller.command(place, command);
    const start = this.#clock.monotonic();
    for (let tries = 1; ; tries++) {
      const output = await this.#execute(place, command);
      const after = this.#clock.monotonic() - start;
      if (holds(output)) {
        this.#teller.output(output.text);
        if (tries > 1) this.#teller.remark(`true after ${seconds(after)}, at try ${tries}`);
        return { ...output, after };
      }
      if (after > PATIENCE_MS) {
        this.#teller.output(output.text);
        throw new StepFailure(`${expected} within ${seconds(PATIENCE_MS)}`, output);
      }
      await sleep(this.#clock, RETRY_INTERVAL);
    }
  }

  check(holds: boolean, expected: string, output: Output): void {
    if (!holds) throw new StepFailure(expected, output);
  }

  remark(text: string): void {
    this.#teller.remark(text);
  }

  startAgent(node: string): void {
    this.#actors.startAgent(node);
  }

  async #execute(place: Place, command: string): Promise<Output> {
    const shell = ['sh', '-c', command] as const;
    const [program, ...args] = place === HERE ? shell : await this.#actors.enter(place, shell);
    const start = this.#clock.monotonic();
    return new Promise((resolve) => {
      const child = spawn(program, args, {
        env: { ...this.#envAt(place) },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: COMMAND_TIMEOUT,
        killSignal: 'SIGKILL',
      });
      let text = '';
      const hear = (chunk: Buffer): void => {
        text += chunk.toString();
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.on('error', (error) => hear(Buffer.from(`${error.message}\n`)));
      child.on('close', (code) =>
        resolve({ code: code ?? 124, text, took: this.#clock.monotonic() - start }),
      );
    });
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
