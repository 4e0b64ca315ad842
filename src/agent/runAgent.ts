/** `fairlead run`: the agent with its real surroundings, from start to stop. */
import type { Settings } from '../config/settings.ts';
import { type Clock, sleep, systemClock } from '../host/clock.ts';
import { systemExec } from '../host/exec.ts';
import type { Log } from '../telemetry/log.ts';
import { createLogger } from '../telemetry/logger.ts';
import { watchEventLoop } from '../telemetry/processMetrics.ts';
import { aborted } from './aborted.ts';
import { assemble } from './assemble.ts';
import { openServers } from './servers.ts';
import { VERSION } from './version.ts';

export interface RunOptions {
  readonly settings: Settings;
  /** Lines about the configuration for the log. */
  readonly notes: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the agent shall stop. */
  readonly signal: AbortSignal | undefined;
}

/**
 * A stop that hangs would hold up the next agent: the kubelet waits 30 s, an operator less. Beside what connections
 * that are carried may take.
 */
const STOP_LIMIT_MS = 2_000;

/** Runs until the signal, or with `once` until the first sync. Gives the exit code. @throws Error when it cannot start */
export async function runAgent({ settings, notes, env, signal }: RunOptions): Promise<number> {
  const { logLevel, logFormat } = settings;
  const format = logFormat === 'auto' ? (process.stderr.isTTY ? 'text' : 'json') : logFormat;
  const log = createLogger({ level: logLevel, format });
  process.once('exit', () => log.flush());
  for (const note of notes) log.warn({}, note);
  return supervise(settings, env, aborted(signal), systemClock, log);
}

async function supervise(
  settings: Settings,
  env: RunOptions['env'],
  stopped: Promise<void>,
  clock: Clock,
  log: Log,
): Promise<number> {
  const loop = watchEventLoop();
  const assembly = await assemble(settings, { env, exec: systemExec, clock, log, loop });
  const { agent } = assembly;
  // Before anything touches the kernel: two agents would undo each other's rules.
  const servers = await openServers({ settings, clock, log, ...assembly });
  const { nodeName: node, proxy, mode, dns } = settings;
  const source = assembly.sourceName;
  log.info(
    { version: VERSION, node, mode: proxy ? mode : 'off', dns: dns ? 'on' : 'off', source },
    'starting',
  );
  await assembly.tune();
  agent.start();
  const outcome = await (settings.once ? Promise.race([agent.firstOutcome, stopped]) : stopped);
  const limitMs = STOP_LIMIT_MS + settings.relayStopDrain;
  const inTime = await Promise.race([agent.stop().then(() => true), sleep(clock, limitMs).then(() => false)]);
  if (!inTime) log.warn({ milliseconds: limitMs }, 'stopping took too long: ending all the same');
  await servers.close();
  loop.stop();
  return settings.once && outcome !== 'synced' ? 1 : 0;
}
