/** What an agent does from the moment that another one takes over until its own end. */
import { type Clock, sleep } from '../../host/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Agent } from '../agent.ts';
import type { Giving } from './giving.ts';

/** Asked to stop before the other is ready: a kubelet waits 30 s. */
const PATIENCE_MS = 20_000;

export interface AttendParts {
  readonly giving: Pick<Giving, 'ready' | 'gone'>;
  readonly agent: Pick<Agent, 'leave' | 'stop'>;
  /** Resolves when this agent is asked to stop. */
  readonly stopped: Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Answers names until the other agent does, and is idle then: an agent that ended would be started again at once by
 * whoever watches it, and take over in turn. Gives the exit code: 1 when it ends so as to be started again.
 */
export async function attendSuccessor({ giving, agent, stopped, clock, log }: AttendParts): Promise<number> {
  const fate = await Promise.race([
    giving.ready.then(() => 'ready' as const),
    giving.gone.then(() => 'gone' as const),
    stopped.then(() => sleep(clock, PATIENCE_MS)).then(() => 'late' as const),
  ]);
  if (fate !== 'ready') {
    if (fate === 'gone') log.warn({}, 'the agent that was to take over has ended before it was ready');
    await agent.stop();
    return fate === 'gone' ? 1 : 0;
  }
  await agent.leave();
  log.info({}, 'another agent has taken over: this one is idle until it is told to stop');
  const end = await Promise.race([stopped.then(() => 0), giving.gone.then(() => 1)]);
  if (end === 1) log.warn({}, 'the agent that had taken over has ended: ending too, to be started again');
  return end;
}
