/** Holds the first sync back until this Node is known, where rules depend on it. */
import type { ChangeSet, Picture } from '../catalog/picture.ts';
import type { Log } from '../telemetry/log.ts';
import type { ProxySettings } from './settings.ts';
import type { Syncer } from './syncer.ts';

/**
 * The setting that needs to know this Node; `undefined` when none does. Rules written without it would, after a
 * restart, take masquerading or NodePorts from connections until the Node is read.
 */
export function needsNode({ detectLocal, nodePortAddresses }: ProxySettings): string | undefined {
  if (detectLocal.mode === 'NodeCIDR') return '--detect-local-mode NodeCIDR';
  return nodePortAddresses === 'primary' ? '--nodeport-addresses primary' : undefined;
}

export class NodeGate {
  readonly #syncer: Pick<Syncer, 'update'>;
  readonly #log: Log;
  readonly #why: string;
  #state: 'closed' | 'told' | 'open' = 'closed';

  /** `why` is what needs the Node. */
  constructor(syncer: Pick<Syncer, 'update'>, log: Log, why: string) {
    this.#syncer = syncer;
    this.#log = log;
    this.#why = why;
  }

  /** As the syncer's. */
  update(picture: Picture, changes: ChangeSet | undefined): void {
    if (this.#state === 'open') {
      this.#syncer.update(picture, changes);
    } else if (picture.node !== undefined && picture.synced) {
      this.#state = 'open';
      this.#syncer.update(picture, undefined);
    } else if (picture.synced && this.#state === 'closed') {
      this.#state = 'told';
      this.#log.info({ because: this.#why }, 'rules wait until this Node is read');
    }
  }
}
