/** A running machine: a process that holds a network, a mount and a host name namespace open, to be entered. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlink } from 'node:fs/promises';
import type { MachineFiles } from './machineFiles.ts';
import { inNetns } from './netns.ts';

export interface RunningMachine {
  readonly name: string;
  /** Process id of the holder, as /proc here shows it. */
  readonly pid: number;
  /** Identity of its mount namespace, the same from wherever one looks: `mnt:[4026532570]`. */
  readonly mountNamespace: string;
}

/**
 * Every machine has a /run of its own, as agents of two nodes must not share a lock or a socket, and files of its
 * own over those in /etc. /etc/resolv.conf may be a link to a file in the /run that has just been covered.
 *
 * The process id is read from /proc and not from `$$`: where /proc could not be mounted anew it shows the ids of an
 * outer process namespace, and nsenter looks there.
 */
const HOLD = `
  set -e
  name=$1
  shift
  mount -t tmpfs tmpfs /run
  mkdir -p /run/lock /run/etc
  while [ $# -gt 0 ]; do
    target=$(readlink -m "/etc/$1")
    printf %s "$2" >"/run/etc/$1"
    [ -e "$target" ] || { mkdir -p "$(dirname "$target")" && : >"$target"; }
    mount --bind "/run/etc/$1" "$target"
    shift 2
  done
  hostname "$name" 2>/dev/null || :
  read -r pid rest </proc/self/stat
  echo "$pid"
  exec sleep infinity`;

/** Starts a machine on the network namespace of its name. Rejects with what went wrong in it. */
export async function startMachine(name: string, files: MachineFiles): Promise<RunningMachine> {
  const hold = ['sh', '-c', HOLD, 'hold', name, ...Object.entries(files).flat()];
  const [program, ...args] = inNetns(name, ['unshare', '--uts', ...hold]);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const said = await Promise.race([
    once(child.stdout, 'data').then(String),
    once(child, 'close').then(() => ''),
  ]);
  const pid = Number.parseInt(said, 10);
  if (!(pid > 0)) throw new Error(`machine ${name} did not start: ${errors.trim()}`);
  return { name, pid, mountNamespace: await readlink(`/proc/${pid}/ns/mnt`) };
}
