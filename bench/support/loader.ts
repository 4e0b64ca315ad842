/** A process of tcpClient.ts, as the measurement holds it. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Loader {
  /** Does so much to a port of loopback, and gives what came of it. */
  ask(kind: string, port: number, number: number): Promise<unknown>;
}

export function loader(child: ChildProcess): Loader {
  if (child.stdout === null) throw new Error('its output is not read');
  const lines = createInterface({ input: child.stdout });
  return {
    async ask(kind, port, number) {
      const answered = once(lines, 'line');
      child.stdin?.write(`${kind} ${port} ${number}\n`);
      const [line] = (await answered) as [string];
      return JSON.parse(line);
    },
  };
}
