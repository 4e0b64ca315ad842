/** The prompt of an open playground. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import * as v from 'valibot';
import { messageOf } from '../errors/caught.ts';
import { attach } from './attach.ts';
import type { Environment } from './surroundings.ts';
import type { Playground } from './outside.ts';
import { TOPOLOGY } from './network/topology.ts';

export const PROMPT_HELP = `  shell NAME    a shell in a node, a pod or the outside computer; exit leaves it
  pods          the pods, where they are, and whether they are ready
  nodes         the nodes and their addresses
  logs NODE     what the node's agent has logged
  start NODE    starts the node's agent when it has ended
  quit          ends the playground and removes all of it`;

/** bash edits lines, where there is one; its start-up files would set another prompt. */
const SHELL = ['sh', '-c', 'if command -v bash >/dev/null; then exec bash --norc -i; fi; exec sh -i'];

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

/**
 * Reads commands until `quit`, the end of the input, or the end of the playground.
 * @param env of the shells that it opens
 */
export async function runPrompt(
  playground: Playground,
  env: Environment,
  write: (line: string) => void,
): Promise<void> {
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
      await obey(playground, word, args, env, write);
    } catch (error) {
      write(messageOf(error));
    }
  }
}

async function obey(
  playground: Playground,
  word: string,
  args: readonly string[],
  env: Environment,
  write: (line: string) => void,
): Promise<void> {
  const [name = ''] = args;
  switch (word) {
    case '':
      return;
    case 'shell':
      await attach(await playground.enter(name, SHELL), { ...env, PS1: `${name}$ ` });
      return;
    case 'pods':
      write(await podTable(playground));
      return;
    case 'nodes':
      write(table(TOPOLOGY.nodes.map((n) => [n.name, n.zone, n.ipv4, n.ipv6, n.podCIDRs.join(',')])));
      return;
    case 'logs':
      write(await logOf(playground, nodeNamed(name)));
      return;
    case 'start':
      playground.startAgent(nodeNamed(name));
      return;
    default:
      write(`${word === 'help' ? '' : `no command "${word}"; there are\n`}${PROMPT_HELP}`);
  }
}

function nodeNamed(name: string): string {
  if (TOPOLOGY.nodes.some((node) => node.name === name)) return name;
  throw new Error(`no node "${name}": there are ${TOPOLOGY.nodes.map((node) => node.name).join(', ')}`);
}

async function logOf(playground: Playground, node: string): Promise<string> {
  const log = await readFile(playground.folder.log(node), 'utf8').catch(() => '');
  return log.trimEnd() || `${node} had no agent yet`;
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
