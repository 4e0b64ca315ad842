import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemExec } from '../../../src/host/exec.ts';
import { ApiServer } from '../../../src/playground/apiserver/apiServer.ts';
import { observeWorkloads } from './workloads.ts';
import { DEPLOY, KUBECTL } from './kustomize.ts';

const KUBEADM = join(import.meta.dirname, 'kubeadm.yaml');

/** What kubeadm leaves behind, on the playground's API server, for the kubectl of a guide. */
export class GuideCluster {
  readonly api: ApiServer = new ApiServer();
  /** kubectl keeps its discovery there. */
  #home = '';
  #endOfControllers = (): void => undefined;

  /** Rejects with what kubectl says when the objects cannot be made. */
  async start(nodes: readonly string[] = []): Promise<void> {
    this.#home = mkdtempSync(join(tmpdir(), 'fairlead-guide-'));
    await this.api.listen({ host: '127.0.0.1', port: 0 });
    this.#endOfControllers = observeWorkloads(this.api);
    for (const name of nodes) this.api.create('nodes', { metadata: { name } });
    const { code, stderr } = await this.kubectl(`create -f ${KUBEADM}`);
    if (code !== 0 || stderr !== '') throw new Error(`kubectl create: code ${code}: ${stderr}`);
  }

  async close(): Promise<void> {
    this.#endOfControllers();
    await this.api.close();
    rmSync(this.#home, { recursive: true });
  }

  /** What follows `kubectl` in the guide, run where the guide is read. */
  kubectl(command: string): ReturnType<typeof systemExec.run> {
    const flags = `--server=${this.api.url} --kubeconfig=/dev/null --cache-dir=${this.#home}`;
    // By a shell, as the quotes in the guide are meant for one.
    return systemExec.run(['sh', '-c', `cd '${join(DEPLOY, '..')}' && ${KUBECTL} ${flags} ${command}`]);
  }
}
