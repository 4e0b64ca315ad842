/** Processor time: what elapsed time cannot tell on a machine that does other work as well. */
import { readFileSync } from 'node:fs';

/** `sysconf(_SC_CLK_TCK)` on every Linux that Node runs on. */
const TICKS = 100;
export const TURN_MS = 5;

/** Of this process, and of the programs that it has started and that have ended. */
export function cpuSeconds(): { readonly own: number; readonly children: number } {
  const { user, system } = process.cpuUsage();
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return { own: (user + system) / 1e6, children: (Number(fields[13]) + Number(fields[14])) / TICKS };
}

/**
 * Starts to watch; the result tells the most processor time in milliseconds that the thread of JavaScript took
 * before other work could run. A block that took little of it waited for a CPU.
 */
export function watchTurns(): () => number {
  let most = 0;
  let last = process.threadCpuUsage();
  const timer = setInterval(() => {
    const now = process.threadCpuUsage();
    most = Math.max(most, (now.user + now.system - last.user - last.system) / 1000);
    last = now;
  }, TURN_MS);
  return () => {
    clearInterval(timer);
    return most;
  };
}
