/** Running programs in a machine: from inside the playground, and from any terminal of the user who started it. */
import { readdir, readlink } from 'node:fs/promises';

/** Command line that runs `argv` in the machine held by a process of our own namespaces. */
export function enterFromInside(pid: number, argv: readonly string[]): [string, ...string[]] {
  return ['nsenter', '--target', String(pid), '--mount', '--net', '--uts', '--', ...argv];
}

/**
 * Command line that runs `argv` in the machine, from outside of the playground. The process ids of the playground
 * are not ours, so the holder is found by its mount namespace. Rejects when the machine is gone.
 */
export async function enterFromOutside(
  machine: { readonly name: string; readonly mountNamespace: string },
  argv: readonly string[],
): Promise<[string, ...string[]]> {
  const pid = await findProcess(machine.mountNamespace);
  if (pid === undefined) throw new Error(`${machine.name} is not running`);
  // Entering the user namespace that one is in already is an error (EINVAL): as real root there is none.
  const [own, theirs] = await Promise.all([readlink('/proc/self/ns/user'), readlink(`/proc/${pid}/ns/user`)]);
  const user = own === theirs ? [] : ['--user', '--preserve-credentials'];
  return ['nsenter', '--target', pid, ...user, '--pid', '--mount', '--net', '--uts', '--', ...argv];
}

async function findProcess(mountNamespace: string): Promise<string | undefined> {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    // Other users' processes may not be looked at, and any may end while we look.
    const found = await readlink(`/proc/${pid}/ns/mnt`).catch(() => '');
    if (found === mountNamespace) return pid;
  }
  return undefined;
}
