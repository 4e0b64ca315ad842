/** A backend that takes the time of every change: from sent to done, the waiting before its sync included. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backend, SyncReport } from '../../src/proxy/backend.ts';

const LIMIT_MS = 120_000;

export class TimedBackend implements Backend {
  readonly mode = 'iptables';
  readonly latencies: number[] = [];
  readonly syncs: SyncReport[] = [];
  readonly #inner: Backend;
  /** When changes were sent that are not in the picture yet, and those that no sync has taken yet. */
  #sent: number[] = [];
  #published: number[] = [];

  constructor(inner: Backend) {
    this.#inner = inner;
  }

  sent(): void {
    this.#sent.push(performance.now());
  }

  /** To be called whenever the catalog has published. */
  published(): void {
    this.#published.push(...this.#sent);
    this.#sent = [];
  }

  readonly sync: Backend['sync'] = async (picture, changes) => {
    const taken = this.#published;
    this.#published = [];
    try {
      const report = await this.#inner.sync(picture, changes);
      const done = performance.now();
      this.latencies.push(...taken.map((at) => done - at));
      this.syncs.push(report);
      return report;
    } catch (error) {
      this.#published.unshift(...taken);
      throw error;
    }
  };

  cleanup(): Promise<void> {
    return this.#inner.cleanup();
  }

  describe(): ReturnType<Backend['describe']> {
    return this.#inner.describe();
  }

  /** Rejects after two minutes. */
  async until(done: () => boolean): Promise<void> {
    const limit = performance.now() + LIMIT_MS;
    while (!done()) {
      if (performance.now() > limit) throw new Error(`not in the kernel after ${LIMIT_MS / 1000} s`);
      await sleep(5);
    }
  }
}
