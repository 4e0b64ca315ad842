/** The agent's container on a node of a test, as the kubelet would run it, by podman. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ExecResult, systemExec } from '../../src/host/exec.ts';
import { mustRun, type Netns } from '../../src/playground/network/netns.ts';
import { ARGS, environment, GRACE, type Mount, mounts, securityFlags } from './daemonSet.ts';

/** What scripts/testImage.sh has built. */
export const IMAGE: string = process.env['FAIRLEAD_IMAGE'] ?? 'fairlead:dev';

const API_SERVER = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '6443' };
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface ContainerOptions {
  readonly node: Netns;
  /** Holds what stands for the node's files, and `account`, the ServiceAccount's. */
  readonly folder: string;
  readonly memory: number;
}

export class Container {
  readonly #name: string;
  readonly #options: ContainerOptions;

  constructor(options: ContainerOptions) {
    this.#options = options;
    this.#name = `fairlead-${options.node.name}`;
  }

  async start(): Promise<void> {
    const { node, folder, memory } = this.#options;
    // Without a network of its own: podman's default one would change this machine's rules and settings.
    const flags = [
      '--detach',
      '--pull=never',
      `--network=ns:/run/netns/${node.name}`,
      `--name=${this.#name}`,
    ];
    const volumes = [
      ...mounts().map((mount) => volume(mount, folder)),
      `${join(folder, 'account')}:${ACCOUNT}:ro`,
    ];
    await podman(
      'run',
      ...flags,
      ...securityFlags(),
      `--memory=${memory}`,
      ...environment('n1', API_SERVER).map((variable) => `--env=${variable}`),
      ...volumes.map((one) => `--volume=${one}`),
      IMAGE,
      ...ARGS,
    );
  }

  /** Runs a program in it; never rejects. */
  exec(...argv: readonly string[]): Promise<ExecResult> {
    return systemExec.run(['podman', 'exec', this.#name, ...argv], { timeoutMs: 30_000 });
  }

  /** What Node's `code` says in it: there is no shell. */
  node(code: string): Promise<ExecResult> {
    return this.exec('node', '-p', code);
  }

  /** SIGTERM, and SIGKILL when the grace period is over. Gives the exit code. */
  async stop(): Promise<number> {
    await podman('stop', `--time=${GRACE}`, this.#name);
    return this.exitCode();
  }

  /** Waits for its end. */
  async exitCode(): Promise<number> {
    return Number(await podman('wait', this.#name));
  }

  /** The process's id outside of the container. */
  async pid(): Promise<number> {
    return Number(await podman('inspect', '--format={{.State.Pid}}', this.#name));
  }

  /** All that it has logged so far. */
  async logs(): Promise<string> {
    const { stdout, stderr } = await systemExec.run(['podman', 'logs', this.#name]);
    return stdout + stderr;
  }

  async remove(): Promise<void> {
    await podman('rm', '--force', '--time=0', this.#name);
  }
}

/** Gives what it printed. */
export async function podman(...args: readonly string[]): Promise<string> {
  return (await mustRun(systemExec, ['podman', ...args])).stdout.trim();
}

/** Makes what the kubelet would make or expect of the node, below `folder`. */
function volume({ path, readOnly, source }: Mount, folder: string): string {
  const place = join(folder, source.kind === 'configMap' ? `configMap${path}` : `host${source.hostPath}`);
  mkdirSync(source.kind === 'file' ? dirname(place) : place, { recursive: true });
  if (source.kind === 'file') writeFileSync(place, '');
  if (source.kind === 'configMap') {
    for (const [file, text] of Object.entries(source.files)) writeFileSync(join(place, file), text);
  }
  return `${place}:${path}${readOnly ? ':ro' : ''}`;
}
