/** Runs a measurement in network and mount namespaces of its own, which vanish with it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const INNER = 'mount -t tmpfs tmpfs /run && mkdir -p /run/netns /run/lock && ip link set lo up && exec "$@"';

/**
 * Starts `script` again inside, and ends this process with its exit code; returns at once where it is inside. As
 * real root where it is, as a node's agent is: a root of a user namespace has to write smaller batches.
 */
export function enterOwnNamespaces(script: string): void {
  if (process.env['FAIRLEAD_SANDBOX'] !== undefined) return;
  const self = [process.execPath, script, ...process.argv.slice(2)];
  const [program = '', ...args] =
    process.getuid?.() === 0
      ? ['unshare', '-nm', '--kill-child', '--fork', 'sh', '-c', INNER, 'bench', ...self]
      : ['sh', 'scripts/sandbox.sh', ...self];
  const env = { ...process.env, FAIRLEAD_SANDBOX: '1', PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
  process.exit(spawnSync(program, args, { cwd: ROOT, stdio: 'inherit', env }).status ?? 1);
}
