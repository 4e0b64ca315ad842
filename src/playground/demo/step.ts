/** What a step of the demo is made of. */

export interface Step {
  /** A line of its own above the step. */
  readonly title: string;
  /** Told before the step: what happens, in plain words. */
  readonly story: string;
  /** Does it, on real machines, and holds every output against what it must be: rejects when it is not. */
  run(stage: Stage): Promise<void>;
}

/** Where a command runs: a machine of the playground, or this computer. */
export type Place = string;

export const HERE: Place = 'here';

export interface Output {
  readonly code: number;
  /** Both streams as they came, as on a terminal. */
  readonly text: string;
  /** Milliseconds it took. */
  readonly took: number;
}

export interface Stage {
  /** How this computer talks to the API server. */
  readonly api: ApiTool;
  /** Shows a command, runs it with `sh`, and shows its output. */
  run(place: Place, command: string): Promise<Output>;
  /**
   * Runs a command again and again until its output holds, and shows the last one. Rejects when it never does.
   * Resolves to that output and the milliseconds that it took to come true.
   */
  eventually(
    place: Place,
    command: string,
    holds: (output: Output) => boolean,
    expected: string,
  ): Promise<Output & { readonly after: number }>;
  /** Rejects with `expected` and the output beside it unless `holds`. */
  check(holds: boolean, expected: string, output: Output): void;
  /** A remark on what has just been seen. */
  remark(text: string): void;
  /** Starts the agent of a node that has none, as its supervisor would. */
  startAgent(node: string): void;
}

/** Commands for the API server, as one would type them. */
export interface ApiTool {
  readonly name: 'kubectl' | 'curl';
  apply(manifest: Manifest): string;
  patchService(name: string, patch: object): string;
  scale(deployment: string, replicas: number): string;
  /** Names and addresses of a Service's endpoints. */
  endpoints(service: string): string;
}

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: 'Service';
  readonly metadata: { readonly name: string };
  readonly spec: object;
}

/** A step that did not hold. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure';
  readonly expected: string;
  readonly output: Output;

  constructor(expected: string, output: Output) {
    super(`expected ${expected}`);
    this.expected = expected;
    this.output = output;
  }
}
