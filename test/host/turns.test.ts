import koffi from 'koffi';
import { getPriority, release } from 'node:os';
import { expect, test } from 'vitest';
import { takeShortTurns } from '../../src/host/turns.ts';

const SCHED_GETATTR: Readonly<Record<string, number>> = { x64: 315, arm64: 275, riscv64: 275, s390x: 346 };
/** Where the kernel tells the turns of ordinary threads, too. */
const [major = 0, minor = 0] = release().split('.').map(Number);
const TELLS = major > 6 || (major === 6 && minor >= 12);

test.skipIf(SCHED_GETATTR[process.arch] === undefined)(
  'a thread has short turns, and the policy and nice value it had',
  async () => {
    await takeShortTurns();
    const attributes = new Uint32Array(12);
    const syscall = koffi.load(null).func('long syscall(long, ...)');
    const size = ['unsigned int', 48] as const;
    syscall(SCHED_GETATTR[process.arch], 'int', 0, 'void *', attributes, ...size, 'unsigned int', 0);
    const [, policy, , , nice, , runtime] = attributes;
    expect({ policy, nice, runtime }).toEqual({
      policy: 0,
      nice: getPriority() >>> 0,
      runtime: TELLS ? 100_000 : 0,
    });
  },
);
