import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { helpOfFlag } from '../config/help.ts';
import { isMapping } from '../config/mapping.ts';
import type { Settings } from '../config/settings.ts';
import { UsageError } from '../config/usageError.ts';
import type { Scope, Surroundings } from '../preflight/gather/facts.ts';
import type { NodeHost } from '../preflight/gather/host.ts';
import { askAgent } from './agent/askAgent.ts';
import { socketPathOf } from './agent/runDir.ts';
import type { Command, CommandIo } from './line/command.ts';
import { OUTPUT_OPTION, outputOf } from './line/options.ts';
import { readSettings, settingsHelp } from './line/settings.ts';

const OWN_OPTIONS = { ...OUTPUT_OPTION, only: { type: 'string' } } as const;
/** A program on this machine answers at once, or not at all. */
const FETCH_MS = 2000;

export const command: Command = {
  name: 'preflight',
  summary: 'tell what is in the way of Fairlead on this node or in a cluster, without changing anything',
  usage: [
    'Usage: fairlead preflight [FLAGS]',
    '',
    'Looks at what routes Services and answers names now, at what the kernel can do, at conflicts, and at what would',
    'be different with the settings that the flags give. Only reads; kernel modules are tried in a network namespace',
    'of their own. Run it as root on a node, or anywhere against a cluster with --kubeconfig.',
    '',
    'The exit code is 1 when something stands in the way (a blocker); warnings alone are no failure.',
    '',
    'Output:',
    helpOfFlag('--only node|cluster', 'look at this machine only, or at the API only'),
    helpOfFlag('--output, -o text|json', 'how to print it (default: text)'),
    '',
    settingsHelp(),
  ].join('\n'),
  async run(args, io) {
    const { settings, notes, own } = await readSettings(args, io, OWN_OPTIONS);
    const output = outputOf(own['output']);
    const scope = scopeOf(own['only']);
    for (const note of notes) io.stderr(note);
    const [{ gatherFacts }, { inspect }, { countsOf, reportText }] = await Promise.all([
      import('../preflight/gather/facts.ts'),
      import('../preflight/inspect.ts'),
      import('../preflight/report.ts'),
    ]);
    const around = await surroundings(settings, io);
    if (scope === 'cluster' && around.cluster === undefined) {
      throw new UsageError('--only cluster needs --kubeconfig, or a pod of the cluster');
    }
    const facts = await gatherFacts(settings, scope, around).finally(around.close);
    const findings = await inspect(facts);
    const counts = countsOf(findings);
    io.stdout(output === 'json' ? JSON.stringify({ counts, findings }, undefined, 2) : reportText(findings));
    return counts.blocker > 0 ? 1 : 0;
  },
};

function scopeOf(value: unknown): Scope {
  if (value === undefined) return 'auto';
  if (value === 'node' || value === 'cluster') return value;
  throw new UsageError(`--only: ${JSON.stringify(value)} is none of node, cluster`);
}

async function surroundings(
  settings: Settings,
  { env }: CommandIo,
): Promise<Surroundings & { readonly close: () => void }> {
  const [{ openConnection }, { HttpTransport }, { systemClock: clock }] = await Promise.all([
    import('../agent/source/sources.ts'),
    import('../kube/transport/httpTransport.ts'),
    import('../host/clock.ts'),
  ]);
  const connection = await openConnection(settings, { env, clock });
  const node = await nodeHost(settings);
  if (connection === undefined) return { node, cluster: undefined, close: () => undefined };
  const transport = new HttpTransport({ connection, clock });
  return { node, cluster: { transport, server: connection.server }, close: () => transport.close() };
}

async function nodeHost({ runDir }: Settings): Promise<NodeHost> {
  const [{ systemExec }, { systemSysctl }, { fetchText }, { listeningOn }, { seesAllProcesses }] =
    await Promise.all([
      import('../host/exec.ts'),
      import('../host/sysctl.ts'),
      import('../host/fetchText.ts'),
      import('../host/listening.ts'),
      import('../host/pidNamespace.ts'),
    ]);
  return {
    exec: systemExec,
    sysctl: systemSysctl,
    kernelRelease: release,
    readText: (path) => readFile(path, 'utf8'),
    listeningOn,
    seesAllProcesses,
    fetchText: (url) => fetchText(url, FETCH_MS),
    async agentVersion() {
      const status = await askAgent(socketPathOf(runDir), '/status');
      return isMapping(status) ? String(status['version']) : '';
    },
  };
}
