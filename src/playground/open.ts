/** What `fairlead playground` does on this side: bring it up, tell the story or wait, and take it down. */
import { systemClock } from '../host/clock.ts';
import { runDemo } from './demo/runDemo.ts';
import { TOPOLOGY } from './network/topology.ts';
import { Playground } from './outside.ts';
import { PROMPT_HELP, runPrompt } from './prompt.ts';
import { type Environment, environmentOf } from './surroundings.ts';

export interface OpenSettings {
  readonly root: string;
  readonly self: readonly string[];
  readonly withAgents: boolean;
  readonly demo: boolean;
  /** Pause between the demo's steps when a person may be reading. */
  readonly pause: boolean;
  readonly env: Environment;
  /** These take whole lines. */
  readonly stdout: (line: string) => void;
  readonly stderr: (line: string) => void;
  readonly signal: AbortSignal | undefined;
}

/** Milliseconds between two steps of the demo, for a reader to follow. */
const PAUSE = 2_500;
/** 128 + SIGINT, the shell's own code for it. */
const INTERRUPTED = 130;

/** Resolves to the exit code. */
export async function openPlayground(settings: OpenSettings): Promise<number> {
  const started = systemClock.monotonic();
  const playground = await Playground.start({
    ...settings,
    progress: (line) => settings.stdout(`  ${line}`),
    agentEnded: (node) => {
      if (!settings.demo) settings.stdout(`the agent of ${node} ended`);
    },
  }).catch((error: unknown) => {
    if (settings.signal?.aborted === true) return undefined;
    throw error;
  });
  if (playground === undefined) return INTERRUPTED;
  settings.stdout(`  up after ${((systemClock.monotonic() - started) / 1000).toFixed(1)} s`);
  const interrupted = untilAborted(settings.signal);
  try {
    if (settings.demo) {
      return await Promise.race([demo(playground, settings), interrupted.then(() => INTERRUPTED)]);
    }
    settings.stdout(welcome(playground, settings.withAgents));
    const done = process.stdin.isTTY
      ? runPrompt(
          playground,
          environmentOf(playground.folder, settings.root, settings.env, true),
          settings.stdout,
        )
      : new Promise<void>(() => undefined);
    const over = playground.ended.then(() => true);
    return (await Promise.race([done.then(() => false), interrupted.then(() => false), over])) ? 1 : 0;
  } finally {
    await playground.stop();
  }
}

function demo(playground: Playground, settings: OpenSettings): Promise<number> {
  const terminal = process.stdout.isTTY;
  return runDemo(playground, {
    ...settings,
    colours: terminal && (settings.env['NO_COLOR'] ?? '') === '',
    pause: settings.pause && terminal ? PAUSE : 0,
    write: (text) => process.stdout.write(text),
  });
}

const WITH_AGENTS = `\
  kubectl get pods,services -A
  kubectl create service clusterip web --tcp=80:8080
  fairlead playground exec client-1 -- curl -s http://web/
  fairlead playground exec node-1 -- iptables-save -t nat`;

/** The beginning of what docs/INSTALL.md does here. */
const WITHOUT_AGENTS = `\
  kubectl -n kube-system create configmap fairlead-api-server \\
    --from-literal=KUBERNETES_SERVICE_HOST=${TOPOLOGY.api.ipv4} --from-literal=KUBERNETES_SERVICE_PORT=${TOPOLOGY.api.port}
  kubectl apply --server-side -k deploy/base
  kubectl -n kube-system get pods --watch`;

function welcome(playground: Playground, withAgents: boolean): string {
  const { kubeconfig, root } = playground.folder;
  return `
The cluster is open. From another terminal:

  export KUBECONFIG=${kubeconfig}
${withAgents ? WITH_AGENTS : WITHOUT_AGENTS}

Machines: ${playground.machines.join(' ')}
Folder:   ${root}
${process.stdin.isTTY ? `\n${PROMPT_HELP}\n` : '\nSIGTERM or SIGINT ends it.'}`;
}

function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
