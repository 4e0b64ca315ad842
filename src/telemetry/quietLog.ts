import type { Log } from './log.ts';

const quiet = (): void => undefined;

/** Tells nobody: for parts that run where what they have to say is told in another way, or not at all. */
export const QUIET_LOG: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
