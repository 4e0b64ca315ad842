/** From argv to a command's exit code. */
import { suggestion } from '../../config/nearest.ts';
import { UsageError } from '../../config/usageError.ts';
import { messageOf } from '../../errors/caught.ts';
import type { Command, CommandIo } from './command.ts';

/** Commands by name, each loaded only when it runs: `resolve` must not pay for the agent's memory. */
export type CommandTable = Readonly<Record<string, () => Promise<{ readonly command: Command }>>>;

export async function dispatch(table: CommandTable, argv: readonly string[], io: CommandIo): Promise<number> {
  const [name, ...args] = argv;
  try {
    if (name === undefined) throw new UsageError('no command given');
    if (name === 'help' || name === '--help' || name === '-h') {
      const load = args[0] === undefined ? undefined : find(table, args[0]);
      io.stdout(load === undefined ? await overview(table) : (await load()).command.usage);
      return 0;
    }
    const { command } = await find(table, name)();
    if (wantsHelp(args)) {
      io.stdout(command.usage);
      return 0;
    }
    return await command.run(args, io);
  } catch (error) {
    return fail(error, name, table, io);
  }
}

function find(table: CommandTable, name: string): CommandTable[string] {
  const load = Object.hasOwn(table, name) ? table[name] : undefined;
  if (load === undefined) {
    throw new UsageError(`unknown command "${name}"${suggestion(name, Object.keys(table))}`);
  }
  return load;
}

function wantsHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const flags = end < 0 ? args : args.slice(0, end);
  return flags.includes('--help') || flags.includes('-h');
}

async function overview(table: CommandTable): Promise<string> {
  const commands = await Promise.all(Object.values(table).map((load) => load()));
  const width = Math.max(...Object.keys(table).map((name) => name.length));
  const lines = commands.map(({ command }) => `  ${command.name.padEnd(width)}  ${command.summary}`);
  return [
    'Usage: fairlead COMMAND [FLAGS]',
    '',
    'Service routing and cluster DNS for one Kubernetes node.',
    '',
    ...lines,
    '',
    "'fairlead COMMAND --help' tells more. Exit codes: 0 success, 1 failure, 2 wrong usage.",
  ].join('\n');
}

function fail(error: unknown, name: string | undefined, table: CommandTable, io: CommandIo): number {
  // One line, whatever is in it: the errors of libraries may hold a page.
  const message = messageOf(error).replaceAll(/\s*\n\s*/g, ' ');
  const known = name !== undefined && Object.hasOwn(table, name);
  const prefix = known ? `fairlead ${name}` : 'fairlead';
  if (!(error instanceof UsageError)) {
    io.stderr(`${prefix}: ${message}`);
    return 1;
  }
  io.stderr(`${prefix}: ${message} (see ${prefix} --help)`);
  return 2;
}
