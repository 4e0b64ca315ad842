/** The inside of a playground as its parent holds it: started in the sandbox, tied to us by its standard input. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { type InsideEvent, type Order, readEvent, writeMessage } from './messages.ts';

/**
 * Runs in the sandbox. A process namespace ends all its processes with its first one, a user's background jobs
 * included. Where /proc cannot be mounted anew (it is partly masked, in a container) the outer one serves.
 * The folder is removed here, after the inside has ended in whatever way.
 */
const LAUNCH = `
  folder=$1
  shift
  proc=
  if unshare --pid --fork --mount-proc true 2>/dev/null; then proc=--mount-proc; fi
  unshare --pid --fork --kill-child $proc "$@"
  code=$?
  rm -rf "$folder"
  exit $code`;

export class InsideProcess {
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<unknown>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #seen = new Set<InsideEvent['event']>();
  readonly #waiting = new Set<() => void>();
  readonly #agentEnded: (node: string) => void;
  #failure: string | undefined;
  #errors = '';

  /** @param argv command line of the inside. */
  constructor(sandbox: string, folder: string, argv: readonly string[], agentEnded: (node: string) => void) {
    this.#agentEnded = agentEnded;
    // A session of its own: Ctrl-C on the terminal is for us, and we end the inside in good order.
    const args = [sandbox, 'sh', '-c', LAUNCH, 'playground', folder, ...argv];
    this.#child = spawn('sh', args, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    this.ended = once(this.#child, 'exit');
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString()).slice(-2_000);
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#hear(readEvent(line)));
    void this.ended.then(() => this.#fail(this.#errors.trim() || 'the sandbox ended'));
  }

  /** Resolves when the inside has told this event; rejects when it fails, ends, or takes too long. */
  async until(event: InsideEvent['event'], timeoutMs: number): Promise<void> {
    const deadline = AbortSignal.timeout(timeoutMs);
    while (!this.#seen.has(event)) {
      if (this.#failure !== undefined) throw new Error(this.#failure);
      if (deadline.aborted) throw new Error(`not ${event} within ${timeoutMs / 1000} s`);
      await this.#something(deadline);
    }
  }

  order(order: Order): void {
    this.#child.stdin.write(writeMessage(order));
  }

  async stop(): Promise<void> {
    this.#child.stdin.end();
    await this.ended;
  }

  #something(deadline: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        deadline.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      deadline.addEventListener('abort', done);
    });
  }

  #hear(told: InsideEvent): void {
    this.#seen.add(told.event);
    if (told.event === 'failed') this.#fail(told.message ?? 'the inside failed');
    if (told.event === 'agent-ended') {
      const node = told.message ?? '';
      // Until all are up an agent that ended is why they never will be; later it may be part of the show.
      if (!this.#seen.has('ready')) this.#fail(`the agent of ${node} ended`);
      this.#agentEnded(node);
    }
    this.#wake();
  }

  #fail(message: string): void {
    this.#failure ??= message;
    this.#wake();
  }

  #wake(): void {
    // Each removes itself; a set allows that while it is walked.
    for (const done of this.#waiting) done();
  }
}
