/** How soon the system runs a thread that wakes, where others keep all processors busy. */
import { getPriority } from 'node:os';

/** Number of sched_setattr(2), for which C libraries have no name, or only lately. */
const SCHED_SETATTR: Readonly<Record<string, number>> = { x64: 314, arm64: 274, riscv64: 274, s390x: 345 };
/** struct sched_attr in 32-bit words: size, policy, flags, nice, priority, runtime, deadline, period. */
const WORDS = 12;
const AT = { size: 0, nice: 4, runtime: 6 } as const;
/** The least that the kernel takes; without, it is some 3 ms. */
const TURN_NS = 100_000;

/**
 * Asks for short turns for the calling thread: one that runs for a moment and waits again is then let in before those
 * that compute, and takes no more processor time in all. It needs no privilege. Linux has it since 6.12; before, and
 * where it is forbidden, the thread waits for its turn as any other.
 */
export async function takeShortTurns(): Promise<void> {
  const number = SCHED_SETATTR[process.arch];
  if (process.platform !== 'linux' || number === undefined) return;
  const { default: koffi } = await import('koffi');
  const syscall = koffi.load(null).func('long syscall(long, ...)');
  const attributes = new Uint32Array(WORDS);
  attributes[AT.size] = 4 * WORDS;
  // All else is set as well: the ordinary policy, and the process's nice value.
  attributes[AT.nice] = getPriority();
  attributes[AT.runtime] = TURN_NS;
  syscall(number, 'int', 0, 'void *', attributes, 'unsigned int', 0);
}
