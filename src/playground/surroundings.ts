/** The environment of commands that people run in a playground. */
import { delimiter, join } from 'node:path';
import type { Folder } from './folder.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * So that `fairlead` is found, and `kubectl` finds the API server: inside of the playground it has another address
 * than on this computer.
 */
export function environmentOf(folder: Folder, root: string, env: Environment, inside: boolean): Environment {
  // Ordinary users' PATH has no /usr/sbin, where iptables is.
  const path = [join(root, 'bin'), env['PATH'] ?? '', '/usr/sbin', '/sbin'].filter((part) => part !== '');
  return {
    ...env,
    PATH: path.join(delimiter),
    KUBECONFIG: inside ? folder.nodeKubeconfig : folder.kubeconfig,
  };
}
