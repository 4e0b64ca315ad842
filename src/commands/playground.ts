/** `fairlead playground`: a small cluster on this computer, to look at, to try, and to test. */
import { resolve } from 'node:path';
import { UsageError } from '../config/usageError.ts';
import type { Command, CommandIo } from './line/command.ts';
import { parseOptions } from './line/options.ts';

const USAGE = `Usage: fairlead playground [--demo [--no-pause]] [--no-agent]
       fairlead playground exec [--folder FOLDER] MACHINE -- PROGRAM [ARGUMENT...]

Starts a cluster of two nodes and six pods in network namespaces of its own, with an API server in memory and an
agent on each node. It needs no root, touches nothing of this computer's network, and is gone when it ends. On a
terminal it opens a prompt, else it waits for SIGTERM or SIGINT.

  --demo
      Tell a story of what the agents do, with commands that are really run, and end. Exit code 0 only if every
      step held.
  --no-pause
      Do not pause between the steps of the demo.
  --no-agent
      Start no agent: names do not resolve and Services do not answer until something else does their work. The
      DaemonSet of deploy/ is run here as its nodes would run it: kubectl apply --server-side -k deploy/base.

exec runs a program in a machine of the running playground: a node, a pod or the outside computer.

  --folder FOLDER
      Which playground, where several run: its folder, as it printed at its start. Without it, the one that
      $KUBECONFIG names.`;

const OPTIONS = {
  demo: { type: 'boolean', default: false },
  pause: { type: 'boolean', default: true },
  agent: { type: 'boolean', default: true },
} as const;

export const command: Command = {
  name: 'playground',
  summary: 'a small cluster on this computer, without root and with nothing left behind',
  usage: USAGE,
  run(args, io) {
    const [word = '', ...rest] = args;
    switch (word) {
      case 'exec':
        return execIn(rest, io);
      // The two below are the playground's own further processes, in the sandbox.
      case 'inside':
        return inside(rest, io);
      case 'pod':
        return pod(rest);
      default:
        return open(args, io);
    }
  },
};

async function open(args: readonly string[], io: CommandIo): Promise<number> {
  const { values } = parseOptions(args, OPTIONS);
  if (values.demo && !values.agent) throw new UsageError('--demo needs the agents');
  const { openPlayground } = await import('../playground/open.ts');
  return openPlayground({
    root: rootOf(io),
    self: self(),
    withAgents: values.agent,
    demo: values.demo,
    pause: values.pause,
    env: io.env,
    stdout: io.stdout,
    stderr: io.stderr,
    signal: io.signal,
  });
}

async function execIn(args: readonly string[], io: CommandIo): Promise<number> {
  const end = args.indexOf('--');
  const program = end < 0 ? [] : args.slice(end + 1);
  const { values, positionals } = parseOptions(
    args.slice(0, end < 0 ? undefined : end),
    { folder: { type: 'string' } },
    1,
  );
  const [machine] = positionals;
  if (machine === undefined || program.length === 0) throw new UsageError('exec needs MACHINE -- PROGRAM');
  const [
    { folderAt, runningFolder, readMachines },
    { machineNamed },
    { enterFromOutside },
    { attach },
    { environmentOf },
  ] = await Promise.all([
    import('../playground/folder.ts'),
    import('../playground/outside.ts'),
    import('../playground/network/enter.ts'),
    import('../playground/attach.ts'),
    import('../playground/surroundings.ts'),
  ]);
  const folder =
    values.folder === undefined
      ? await runningFolder(io.env['KUBECONFIG'] ?? '')
      : folderAt(resolve(values.folder));
  const record = machineNamed(await readMachines(folder), machine);
  const env = environmentOf(folder, rootOf(io), io.env, true);
  return attach(await enterFromOutside(record, program), env);
}

async function inside(args: readonly string[], io: CommandIo): Promise<number> {
  const [folder = '', agents] = args;
  const { runInside } = await import('../playground/inside.ts');
  const fairlead = resolve(rootOf(io), 'bin/fairlead');
  return runInside({ folder, withAgents: agents === 'agents', fairlead, self: self() });
}

async function pod(args: readonly string[]): Promise<number> {
  const [name = '', node = ''] = args;
  const { runPod } = await import('../playground/pod/run.ts');
  return runPod(name, node);
}

function rootOf(io: CommandIo): string {
  const root = io.env['FAIRLEAD_ROOT'];
  if (root === undefined) throw new Error('FAIRLEAD_ROOT is not set: start the playground with bin/fairlead');
  return root;
}

/** The Node and the program file that run now: the further processes must be of the same kind. */
function self(): string[] {
  return [process.execPath, ...process.execArgv, resolve(process.argv[1] ?? '')];
}
