/** The only files of a playground: a folder under the system's temporary one, gone when the playground is. */
import { mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';

const PREFIX = 'fairlead-playground-';

/** A machine as another process of the user finds it. */
export interface MachineRecord {
  readonly name: string;
  readonly mountNamespace: string;
}

const MachinesSchema: v.GenericSchema<unknown, MachineRecord[]> = v.array(
  v.object({ name: v.string(), mountNamespace: v.string() }),
);

export interface Folder {
  readonly root: string;
  /** The API server, for the playground's own controllers. */
  readonly apiSocket: string;
  /** The API server by HTTPS, for what is inside of the playground's network. */
  readonly apiSecureSocket: string;
  /** What its certificate is checked by, PEM. */
  readonly apiAuthority: string;
  /** For kubectl on this computer. */
  readonly kubeconfig: string;
  /** For the agents. */
  readonly nodeKubeconfig: string;
  readonly machines: string;
  log(node: string): string;
  /** What is mounted into a Pod of a DaemonSet, by the Pod's uid. */
  pod(uid: string): string;
}

export function folderAt(root: string): Folder {
  return {
    root,
    apiSocket: join(root, 'api.sock'),
    apiSecureSocket: join(root, 'api-tls.sock'),
    apiAuthority: join(root, 'ca.crt'),
    kubeconfig: join(root, 'kubeconfig'),
    nodeKubeconfig: join(root, 'kubeconfig-nodes'),
    machines: join(root, 'machines.json'),
    log: (node) => join(root, 'logs', `${node}.log`),
    pod: (uid) => join(root, 'pods', uid),
  };
}

/** Makes a folder that only this user may look into. */
export async function makeFolder(within: string = parent()): Promise<Folder> {
  const root = await mkdtemp(join(within, PREFIX));
  await mkdir(join(root, 'logs'));
  await writeFile(join(root, 'pid'), String(process.pid));
  return folderAt(root);
}

/**
 * The playground of this user that runs, of several the one that kubectl is set to; rejects when there is none, or when
 * it is not clear which is meant: a command for one cluster must not end up in another.
 * @param kubectlReads $KUBECONFIG, empty when it is not set
 */
export async function runningFolder(kubectlReads: string, within: string = parent()): Promise<Folder> {
  const names = (await readdir(within)).filter((name) => name.startsWith(PREFIX));
  const roots = names.map((name) => join(within, name));
  const running = (await Promise.all(roots.map(isRunning))).flatMap((runs, i) =>
    runs ? (roots[i] ?? []) : [],
  );
  const [root] = running;
  if (root === undefined) throw new Error('no playground is running: start one with `fairlead playground`');
  const chosen = running.find((one) => folderAt(one).kubeconfig === kubectlReads);
  if (chosen !== undefined) return folderAt(chosen);
  if (running.length > 1) throw new Error(`several run, so name one with --folder: ${running.join(', ')}`);
  return folderAt(root);
}

/** Whether its machines are up and its process lives; one that was killed may have left its folder. */
async function isRunning(root: string): Promise<boolean> {
  try {
    const { uid } = await stat(join(root, 'machines.json'));
    const pid = Number(await readFile(join(root, 'pid'), 'utf8'));
    return uid === process.getuid?.() && process.kill(pid, 0);
  } catch {
    return false;
  }
}

export async function readMachines(folder: Folder): Promise<MachineRecord[]> {
  return v.parse(MachinesSchema, JSON.parse(await readFile(folder.machines, 'utf8')));
}

/** The path of a unix socket has at most 107 bytes, and some systems' temporary folders have long names. */
function parent(): string {
  return tmpdir().length > 64 ? '/tmp' : tmpdir();
}

/**
 * A kubeconfig for a server that asks for no credentials.
 * @param authority file that an HTTPS server's certificate is checked by
 */
export function kubeconfig(server: string, authority = ''): string {
  return `apiVersion: v1
kind: Config
current-context: playground
clusters:
  - name: playground
    cluster:
      server: ${server}${authority && `\n      certificate-authority: ${authority}`}
users:
  - name: playground
    user: {}
contexts:
  - name: playground
    context:
      cluster: playground
      user: playground
      namespace: shop
`;
}
