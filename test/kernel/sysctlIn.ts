import type { Exec } from '../../src/host/exec.ts';
import type { Sysctl } from '../../src/host/sysctl.ts';
import { mustRun } from '../../src/playground/network/netns.ts';

/** Kernel parameters of wherever `exec` runs its programs: another network namespace than the test's. */
export function sysctlIn(exec: Exec): Sysctl {
  return {
    async read(name) {
      const { code, stdout } = await exec.run(['sysctl', '-n', name]);
      return code === 0 ? stdout.trim() : undefined;
    },
    async write(name, value) {
      await mustRun(exec, ['sysctl', '-qw', `${name}=${value}`]);
    },
  };
}
