/** Takes a taint from this Node once its Services and names work: until then no pod that tolerates nothing starts. */
import type { Clock, Timer } from '../../host/clock.ts';
import { Backoff } from '../../kube/reflector/backoff.ts';
import { member, text } from '../../kube/reflector/objectMeta.ts';
import type { Access } from '../../kube/transport/access.ts';
import { fromNode } from '../../kube/transport/classify.ts';
import { describeApiError } from '../../kube/transport/describe.ts';
import type { Transport } from '../../kube/transport/transport.ts';
import type { Log } from '../../telemetry/log.ts';

export const ACCESS: Access = { group: '', resource: 'nodes', verbs: ['get', 'patch'] };

export interface StartupTaintOptions {
  readonly transport: Pick<Transport, 'request'>;
  /** For messages. */
  readonly server: () => string;
  readonly nodeName: string;
  /** Of the taint, whatever its effect. */
  readonly key: string;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
}

export class StartupTaint {
  readonly #options: StartupTaintOptions;
  readonly #backoff: Backoff;
  #timer: Timer | undefined;
  #told = '';
  #stopped = false;

  constructor(options: StartupTaintOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.random);
  }

  /** Tries until the Node does not have it, or until stopped. Resolves after the first attempt. */
  async remove(): Promise<void> {
    if (this.#stopped) return;
    const { clock, key, log, nodeName, server } = this.#options;
    try {
      const removed = await this.#attempt();
      if (removed) log.info({ taint: key }, `Node ${nodeName}: taint removed, as Services and names work`);
    } catch (cause) {
      const error = fromNode(cause);
      const line = describeApiError(error, server(), ACCESS);
      // Somebody else changed the Node between our two requests: nothing is wrong.
      if (line !== this.#told && error.code !== 'conflict') {
        log.warn({ taint: key }, `Node ${nodeName} keeps its taint: ${line}; trying again`);
        this.#told = line;
      }
      if (this.#stopped) return;
      this.#timer = clock.after(this.#backoff.next(error.retryAfterMs), () => void this.remove());
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** Whether it was there. */
  async #attempt(): Promise<boolean> {
    const { transport, nodeName, key } = this.#options;
    const path = `/api/v1/nodes/${nodeName}`;
    const node = await transport.request({ method: 'GET', path, access: ACCESS });
    const taints = member(member(node, 'spec'), 'taints');
    if (!Array.isArray(taints)) return false;
    const left = taints.filter((taint: unknown) => member(taint, 'key') !== key);
    if (left.length === taints.length) return false;
    // The list is replaced whole; the version keeps a taint that comes meanwhile from being lost with it.
    const resourceVersion = text(member(node, 'metadata'), 'resourceVersion');
    await transport.request({
      method: 'PATCH',
      path,
      access: ACCESS,
      contentType: 'application/merge-patch+json',
      body: { metadata: { resourceVersion }, spec: { taints: left } },
    });
    return true;
  }
}
