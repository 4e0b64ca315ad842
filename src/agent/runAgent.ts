/** `fairlead run`: the agent with its real surroundings, from start to stop. */
import type { Loaded } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import { type Clock, sleep, systemClock } from '../host/clock.ts';
import { systemExec } from '../host/exec.ts';
import { InheritedSockets } from '../host/inheritedSockets.ts';
import type { Log } from '../telemetry/log.ts';
import { createLogger } from '../telemetry/logger.ts';
import { watchEventLoop } from '../telemetry/processMetrics.ts';
import { aborted } from './aborted.ts';
import type { Agent } from './agent.ts';
import { assemble } from './assemble.ts';
import { type ConfigFile, ConfigFollower } from './config/configFollower.ts';
import type { OnUpgrade } from './serving/controlSocket.ts';
import { openServers, socketPathIn } from './serving/servers.ts';
import { givenUp } from './source/unread.ts';
import { stopLimitMs } from './stopLimit.ts';
import { attendSuccessor } from './succession/attend.ts';
import { Giving } from './succession/giving.ts';
import { lendSockets } from './succession/lend.ts';
import { takeOver } from './succession/taking.ts';
import { VERSION } from './version.ts';

export interface RunOptions {
  readonly loaded: Loaded;
  /** What `--config` names; `undefined` without it. */
  readonly configFile: ConfigFile | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the agent shall stop. */
  readonly signal: AbortSignal | undefined;
  /** Calls whenever the configuration file shall be read again, at once. */
  readonly onHangUp: ((listener: () => void) => void) | undefined;
}

/** Runs until the signal, or with `once` until the first sync. Gives the exit code. @throws Error when it cannot
 * start, or `once` has nothing to go by */
export async function runAgent(options: RunOptions): Promise<number> {
  const { settings, notes } = options.loaded;
  const { logLevel, logFormat } = settings;
  const format = logFormat === 'auto' ? (process.stderr.isTTY ? 'text' : 'json') : logFormat;
  const log = createLogger({ level: logLevel, format });
  process.once('exit', () => log.flush());
  for (const note of notes) log.warn({}, note);
  return supervise(options, systemClock, log);
}

async function supervise(options: RunOptions, clock: Clock, log: Log): Promise<number> {
  const { loaded, env } = options;
  const { settings, origins } = loaded;
  const stopped = aborted(options.signal);
  const loop = watchEventLoop();
  const follower = followerOf(options, clock, log);
  const config = follower && (() => follower.state());
  const inherited = new InheritedSockets();
  const host = { env, exec: systemExec, clock, log, loop, config, inherited };
  const assembly = await assemble(settings, host);
  const { agent } = assembly;
  // Before anything touches the kernel: two agents would undo each other's rules.
  const succession = settings.takeOver ? await takeOver(socketPathIn(settings.runDir), inherited) : undefined;
  if (succession !== undefined)
    log.info({ sockets: succession.sockets }, 'taking over from the agent that runs');
  const giving = new Giving({
    folder: settings.runDir,
    agent,
    leaveServers: () => servers.leave(),
    lend: (to) => lendSockets(to, assembly.listening()),
    log,
  });
  const onUpgrade: OnUpgrade = (url, socket) => giving.upgraded(url, socket);
  const servers = await openServers({ settings, origins, clock, log, ...assembly, onUpgrade });
  const { nodeName: node, proxy, mode, dns } = settings;
  const source = assembly.sourceName;
  log.info(
    { version: VERSION, node, mode: proxy ? mode : 'off', dns: dns ? 'on' : 'off', source },
    'starting',
  );
  assembly.apiAddress.starting(env);
  await assembly.tune();
  agent.start();
  void agent.firstOutcome.then(() => {
    assembly.apiAddress.known(agent.picture);
    // Before there are rules there is nothing to switch.
    follower?.start(assembly.modes);
  });
  void agent.opened.then(() => succession?.ready());
  const outcome = await Promise.race([
    ...(settings.once ? [onceOutcome(agent, settings, clock)] : []),
    giving.begun.then(() => 'succeeded' as const),
    stopped,
  ]);
  await follower?.stop();
  const code = await (outcome === 'succeeded'
    ? attendSuccessor({ giving, agent, stopped, clock, log })
    : stopInTime(agent, settings, clock, log));
  await servers.close();
  loop.stop();
  if (outcome instanceof Error) throw outcome;
  return settings.once && outcome !== 'synced' ? 1 : code;
}

/** Gives the exit code. */
async function stopInTime(agent: Agent, settings: Settings, clock: Clock, log: Log): Promise<number> {
  const limitMs = stopLimitMs(settings);
  const inTime = await Promise.race([agent.stop().then(() => true), sleep(clock, limitMs).then(() => false)]);
  if (!inTime) log.warn({ milliseconds: limitMs }, 'stopping took too long: ending all the same');
  return 0;
}

/** Of a run that ends by itself: somebody waits for it, perhaps a script that would wait for ever. */
function onceOutcome(
  agent: Agent,
  { sourceTimeout }: Pick<Settings, 'sourceTimeout'>,
  clock: Clock,
): Promise<'synced' | 'failed' | Error> {
  return Promise.race([agent.firstOutcome, givenUp(clock, sourceTimeout, () => agent.waitsFor)]);
}

/** `undefined` where there is no file, or no time to follow it. */
function followerOf(
  { loaded, configFile, onHangUp }: RunOptions,
  clock: Clock,
  log: Log,
): ConfigFollower | undefined {
  if (configFile === undefined || loaded.settings.once) return undefined;
  const follower = new ConfigFollower({ file: configFile, inForce: loaded, clock, log });
  onHangUp?.(() => follower.reread());
  return follower;
}
