/** Ending without a lost query. */
import { type Clock, sleep } from '../../../host/clock.ts';

/** What shows whether anybody is still waiting for us. */
export interface Traffic {
  /** Queries so far. */
  queries(): number;
  /** Queries that wait for an answer from elsewhere. */
  waiting(): number;
}

/** Queries that were on their way when others took over are here by then, and connections have said what they want. */
const QUIET_MS = 200;
/** Somebody may go on asking for ever; a stop has to end within seconds. */
const LIMIT_MS = 3_000;
const LOOK_MS = 20;

/** Resolves when nobody has asked for a while and everybody has been answered, or when that takes too long. */
export async function drained(traffic: Traffic, clock: Clock): Promise<void> {
  const end = clock.monotonic() + LIMIT_MS;
  let asked = traffic.queries();
  let quietSince = clock.monotonic();
  while (clock.monotonic() < end) {
    await sleep(clock, LOOK_MS);
    const now = traffic.queries();
    if (now !== asked || traffic.waiting() > 0) quietSince = clock.monotonic();
    asked = now;
    if (clock.monotonic() - quietSince >= QUIET_MS) return;
  }
}

/** A connection's own limit: one that is used again and again would go on for ever. */
const CONNECTIONS_MS = 10_000;

/** Resolves when all of these have ended and nobody waits any more, or when that takes too long. */
export async function settled(
  ending: readonly Promise<void>[],
  waiting: () => number,
  clock: Clock,
): Promise<void> {
  const late = sleep(clock, CONNECTIONS_MS);
  await Promise.race([Promise.all(ending), late]);
  const end = clock.monotonic() + LIMIT_MS;
  while (waiting() > 0 && clock.monotonic() < end) await sleep(clock, LOOK_MS);
}
