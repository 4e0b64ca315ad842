import { readlink } from 'node:fs/promises';

/** Number of the kernel's first PID namespace: PROC_PID_INIT_INO of include/linux/proc_ns.h. */
const FIRST = 'pid:[4026531836]';

/** Whether this machine's processes are all in /proc, or only those of our own container. */
export async function seesAllProcesses(): Promise<boolean> {
  return (await readlink('/proc/self/ns/pid').catch(() => FIRST)) === FIRST;
}
