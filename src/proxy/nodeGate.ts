/** Holds the first sync back until this Node says what rules need of it. */
import type { ChangeSet, Picture, ThisNode } from '../catalog/picture.ts';
import { type Family, familyOf } from '../net/ip.ts';
import type { Log } from '../telemetry/log.ts';
import type { ProxySettings } from './settings.ts';
import type { Syncer } from './syncer.ts';

/** What a setting needs to know of this Node. */
export interface NodeNeed {
  /** As an operator gives it. */
  readonly setting: string;
  /** What is not there yet; empty when nothing is missing. */
  missing(node: ThisNode | undefined): string;
}

/**
 * `undefined` when no setting needs the Node. Rules written without it would, after a restart, take masquerading
 * or NodePorts from connections until the Node is read.
 */
export function needOfNode(settings: ProxySettings, families: readonly Family[]): NodeNeed | undefined {
  const { detectLocal, nodePortAddresses } = settings;
  const need = (setting: string, field: string, listed: (node: ThisNode) => readonly string[]): NodeNeed => ({
    setting,
    missing(node) {
      if (node === undefined) return 'this Node is not read yet';
      if (listed(node).some((item) => families.includes(familyOf(item)))) return '';
      return `${field} of Node ${node.name} has nothing of ${families.join(' or ')}`;
    },
  });
  if (detectLocal.mode === 'NodeCIDR') {
    return need('--detect-local-mode NodeCIDR', 'spec.podCIDRs', (node) => node.podCIDRs);
  }
  if (nodePortAddresses !== 'primary') return undefined;
  return need('--nodeport-addresses primary', 'status.addresses', (node) => node.addresses);
}

/** Nothing passes until the Node says it. What passes first compares everything, as changes before it were left out. */
export class NodeGate {
  readonly #syncer: Pick<Syncer, 'update'>;
  readonly #log: Log;
  readonly #need: NodeNeed;
  #open = false;
  #missing = '';

  constructor(syncer: Pick<Syncer, 'update'>, log: Log, need: NodeNeed) {
    this.#syncer = syncer;
    this.#log = log;
    this.#need = need;
  }

  /** What rules wait for; empty when they do not. */
  get missing(): string {
    return this.#missing;
  }

  /** As the syncer's. Once open it stays so: a Node that is deleted must not keep its rules from following. */
  update(picture: Picture, changes: ChangeSet | undefined): void {
    if (this.#open) {
      this.#syncer.update(picture, changes);
      return;
    }
    if (!picture.synced && !picture.restored) return;
    const missing = this.#need.missing(picture.node);
    const news = missing !== this.#missing;
    this.#missing = missing;
    if (missing === '') {
      this.#open = true;
      this.#syncer.update(picture, undefined);
    } else if (news) {
      this.#log.info({ needed: this.#need.setting }, `rules wait: ${missing}`);
    }
  }
}
