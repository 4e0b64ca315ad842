/** The only files of a playground: a folder under the system's temporary one, gone when the playground is. */
import { mkdir, mkdtemp, readdir, readFile, stat } from 'node:fs/promises';
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
  /** The API server, for what is inside of the playground's network. */
  readonly apiSocket: string;
  /** For kubectl on this computer. */
  readonly kubeconfig: string;
  /** For the agents. */
  readonly nodeKubeconfig: string;
  readonly machines: string;
  log(node: string): string;
}

export function folderAt(root: string): Folder {
  return {
    root,
    apiSocket: join(root, 'api.sock'),
    kubeconfig: join(root, 'kubeconfig'),
    nodeKubeconfig: join(root, 'kubeconfig-nodes'),
    machines: join(root, 'machines.json'),
    log: (node) => join(root, 'logs', `${node}.log`),
  };
}

/** Makes a folder that only this user may look into. */
export async function makeFolder(): Promise<Folder> {
  const root = await mkdtemp(join(parent(), PREFIX));
  await mkdir(join(root, 'logs'));
  return folderAt(root);
}

/** The playground started last; rejects when none runs. */
export async function newestFolder(): Promise<Folder> {
  const names = (await readdir(parent())).filter((name) => name.startsWith(PREFIX));
  const found: { root: string; started: number }[] = [];
  for (const name of names) {
    const root = join(parent(), name);
    // Written when the machines run; another user's folder cannot be looked into.
    const ready = await stat(join(root, 'machines.json')).catch(() => undefined);
    if (ready !== undefined) found.push({ root, started: ready.mtimeMs });
  }
  const newest = found.sort((a, b) => b.started - a.started)[0];
  if (newest === undefined) throw new Error('no playground is running: start one with `fairlead playground`');
  return folderAt(newest.root);
}

export async function readMachines(folder: Folder): Promise<MachineRecord[]> {
  return v.parse(MachinesSchema, JSON.parse(await readFile(folder.machines, 'utf8')));
}

/** The path of a unix socket has at most 107 bytes, and some systems' temporary folders have long names. */
function parent(): string {
  return tmpdir().length > 64 ? '/tmp' : tmpdir();
}

/** A kubeconfig for a server that asks for no credentials. */
export function kubeconfig(server: string): string {
  return `apiVersion: v1
kind: Config
current-context: playground
clusters:
  - name: playground
    cluster:
      server: ${server}
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
