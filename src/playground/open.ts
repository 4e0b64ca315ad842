/** What `fairlead playground` does on this side: bring it up, tell the story or wait, and take it down. */
import { systemClock } from '../host/clock.ts';
import { delimiter, join } from 'node:path';
import { curlTool, kubectlTool } from './demo/apiTool.ts';
import { RealStage } from './demo/stage.ts';
import { HERE } from './demo/step.ts';
import { STORY, tellStory } from './demo/story.ts';
import { Teller } from './demo/teller.ts';
import { TOPOLOGY } from './network/topology.ts';
import { Playground, tellLog } from './outside.ts';
import { PROMPT_HELP, runPrompt } from './prompt.ts';

export interface OpenSettings {
  readonly root: string;
  readonly self: readonly string[];
  readonly withAgents: boolean;
  readonly demo: boolean;
  /** Pause between the demo's steps when a person may be reading. */
  readonly pause: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** These take whole lines. */
  readonly stdout: (line: string) => void;
  readonly stderr: (line: string) => void;
  readonly signal: AbortSignal | undefined;
}

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
    if (settings.demo)
      return await Promise.race([demo(playground, settings), interrupted.then(() => INTERRUPTED)]);
    settings.stdout(welcome(playground));
    const done = process.stdin.isTTY
      ? runPrompt(playground, commandEnvironment(playground, settings), settings.stdout)
      : new Promise<void>(() => undefined);
    const over = playground.ended.then(() => true);
    return (await Promise.race([done.then(() => false), interrupted.then(() => false), over])) ? 1 : 0;
  } finally {
    await playground.stop();
  }
}

async function demo(playground: Playground, settings: OpenSettings): Promise<number> {
  const colours = process.stdout.isTTY && (settings.env['NO_COLOR'] ?? '') === '';
  const teller = new Teller({ write: (text) => process.stdout.write(text), colours });
  const env = commandEnvironment(playground, settings);
  const probe = new RealStage(
    playground,
    new Teller({ write: () => undefined, colours: false }),
    curlTool,
    env,
    systemClock,
  );
  const hasKubectl = (await probe.run(HERE, 'kubectl version >/dev/null 2>&1')).code === 0;
  const api = hasKubectl ? kubectlTool : curlTool;
  teller.remark(hasKubectl ? `KUBECONFIG=${playground.folder.kubeconfig}` : `API=${playground.apiUrl}`);
  const stage = new RealStage(playground, teller, api, env, systemClock);
  const { held, failed } = await tellStory(
    STORY,
    stage,
    teller,
    settings.pause && process.stdout.isTTY ? PAUSE : 0,
  );
  if (failed === undefined) {
    teller.title(`All ${held} steps held`);
    teller.story('Try it yourself: bin/fairlead playground');
    return 0;
  }
  for (const { name } of TOPOLOGY.nodes) await tellLog(playground.folder, name, settings.stderr);
  settings.stderr(`fairlead playground: step ${held + 1} of ${STORY.length} did not hold: ${failed.title}`);
  return 1;
}

/** So that `fairlead` and `kubectl` find their way wherever a command runs. */
function commandEnvironment(
  playground: Playground,
  { root, env }: OpenSettings,
): Record<string, string | undefined> {
  const path = [join(root, 'bin'), env['PATH'], '/usr/sbin', '/sbin'].join(delimiter);
  return { ...env, PATH: path, KUBECONFIG: playground.folder.kubeconfig, API: playground.apiUrl };
}

function welcome(playground: Playground): string {
  const { kubeconfig, root } = playground.folder;
  return `
The cluster is open. From another terminal:

  export KUBECONFIG=${kubeconfig}
  kubectl get pods,services -A
  kubectl create service clusterip web --tcp=80:8080
  fairlead playground exec client-1 -- curl -s http://web/
  fairlead playground exec node-1 -- iptables-save -t nat

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
