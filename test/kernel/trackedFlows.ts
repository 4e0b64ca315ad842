/** What the kernel tracks in a namespace, and programs there that make it do so. */
import { createInterface } from 'node:readline';
import type { Netns } from '../../src/playground/network/netns.ts';
import type { TestNet } from '../support/net.ts';

/** Says lines to a program, and hears one line for each. */
export interface Talk {
  say(line: string): Promise<string>;
}

/** Starts the program in the namespace. */
export function talk(net: TestNet, netns: Netns, ...argv: [string, ...string[]]): Talk {
  const program = net.start(netns, ...argv);
  // A program that has ended is told by the line that never comes.
  program.stdin?.on('error', () => undefined);
  const lines = createInterface({ input: program.stdout })[Symbol.asyncIterator]();
  return {
    async say(line) {
      program.stdin?.write(`${line}\n`);
      const { value } = await lines.next();
      return String(value);
    },
  };
}

/** Lines of conntrack of both families, ids included. */
export async function tracked(node: Netns, ...filter: readonly string[]): Promise<readonly string[]> {
  const lists = await Promise.all(
    ['ipv4', 'ipv6'].map((family) => node.run('conntrack', '-L', '-f', family, '-o', 'id', ...filter)),
  );
  return lists.flatMap(({ stdout }) => stdout.trim().split('\n')).filter((line) => line !== '');
}

export async function idsOf(node: Netns, ...filter: readonly string[]): Promise<readonly string[]> {
  return (await tracked(node, ...filter)).map((line) => / id=(\d+)/.exec(line)?.[1] ?? line).sort();
}

/** Whether a TCP connection from a port of the namespace is made within a second. */
export async function connects(
  netns: Netns,
  localPort: number,
  host: string,
  port: number,
): Promise<boolean> {
  const script = `setTimeout(() => process.exit(1), 1000);
    require('node:net').connect(${JSON.stringify({ host, port, localPort })}, () => process.exit(0))
      .on('error', () => process.exit(1))`;
  return (await netns.run(process.execPath, '-e', script)).code === 0;
}
