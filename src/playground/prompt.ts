/** The prompt of an open playground. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import * as v from 'valibot';
import type { Playground } from './outside.ts';
import { TOPOLOGY } from './network/topology.ts';

export const PROMPT_HELP = `  shell NAME    a shell in a node, a pod or the outside computer; exit leaves it
  pods          the pods, where they are, and whether they are ready
  nodes         the nodes and their addresses
  logs NODE     what the node's agent has logged
  start NODE    starts the node's agent when it has ended
  quit          ends the playground and removes all of it`;

const PodListSchema = v.object({
  items: v.array(
    v.object({
      metadata: v.object({ name: v.string(), namespace: v.string() }),
      spec: v.object({ nodeName: v.optional(v.string(), '-') }),
      status: v.optional(
        v.object({
          podIPs: v.optional(v.array(v.object({ ip: v.string() })), []),
          conditions: v.optional(v.array(v.object({ type: v.string(), status: v.string() })), []),
        }),
        { podIPs: [], conditions: [] },
      ),
    }),
  ),
});

/** Reads commands until `quit`, the end of the input, or the end of the playground. */
export async function runPrompt(playground: Playground, write: (line: string) => void): Promise<void> {
  let history: string[] = [];
  for (;;) {
    // A shell needs the terminal for itself: the line editor is made anew after each command.
    const lines = createInterface({ input: process.stdin, output: process.stdout, history });
    lines.on('history', (now: string[]) => {
      history = [...now];
    });
    const line = await Promise.race([
      lines.question('playground> ').catch(() => 'quit'),
      once(lines, 'close').then(() => 'quit'),
      playground.ended.then(() => 'quit'),
    ]);
    lines.close();
    const [word = '', ...args] = line.trim().split(/\s+/);
    if (word === 'quit' || word === 'exit') return;
    try {
      await obey(playground, word, args, write);
    } catch (error) {
      write(error instanceof Error ? error.message : String(error));
    }
  }
}

async function obey(
  playground: Playground,
  word: string,
  args: readonly string[],
  write: (line: string) => void,
): Promise<void> {
  const [name = ''] = args;
  switch (word) {
    case '':
      return;
    case 'shell':
      await attach(await playground.enter(name, ['sh', '-i']), { ...process.env, PS1: `${name}$ ` });
      return;
    case 'pods':
      write(await podTable(playground));
      return;
    case 'nodes':
      write(table(TOPOLOGY.nodes.map((n) => [n.name, n.zone, n.ipv4, n.ipv6, n.podCIDRs.join(',')])));
      return;
    case 'logs':
      write((await readFile(playground.folder.log(nodeNamed(name)), 'utf8')).trimEnd());
      return;
    case 'start':
      playground.startAgent(nodeNamed(name));
      return;
    default:
      write(`${word === 'help' ? '' : `no command "${word}"; there are\n`}${PROMPT_HELP}`);
  }
}

/** Runs a program on our own terminal; resolves to its exit code. */
export async function attach(
  [program, ...args]: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  // Ctrl-C on this terminal is for the program in front, not for us.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  try {
    const child = spawn(program, args, { stdio: 'inherit', env });
    const [code] = await once(child, 'exit');
    return typeof code === 'number' ? code : 1;
  } finally {
    process.off('SIGINT', ignore);
  }
}

function nodeNamed(name: string): string {
  if (TOPOLOGY.nodes.some((node) => node.name === name)) return name;
  throw new Error(`no node "${name}": there are ${TOPOLOGY.nodes.map((node) => node.name).join(', ')}`);
}

async function podTable(playground: Playground): Promise<string> {
  const { items } = v.parse(PodListSchema, await playground.api.must('GET', '/api/v1/pods'));
  return table(
    items.map(({ metadata, spec, status }) => [
      `${metadata.namespace}/${metadata.name}`,
      spec.nodeName,
      status.podIPs.map(({ ip }) => ip).join(',') || '-',
      status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
        ? 'ready'
        : 'not ready',
    ]),
  );
}

export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
