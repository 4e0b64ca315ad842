import type { Settings } from '../config/settings.ts';

/**
 * A stop that hangs would hold up the next agent: the kubelet waits 30 s, an operator less. Beside what connections
 * that are carried may take.
 */
const LIMIT_MS = 2_000;

/** Milliseconds after which an agent that was asked to stop ends, whatever is left to do. */
export function stopLimitMs({ relayStopDrain }: Pick<Settings, 'relayStopDrain'>): number {
  return LIMIT_MS + relayStopDrain;
}
