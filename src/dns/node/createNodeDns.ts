/** DNS on the node: the DNS Service's own addresses, answered here for as long as we live. */
import { messageOf } from '../../errors/caught.ts';
import { type LoopbackAddresses, loopbackAddresses } from '../../host/addresses.ts';
import { type StartCompanion, startCompanion } from '../../host/companion.ts';
import type { Exec } from '../../host/exec.ts';
import { FAMILIES, type Family, familyOf } from '../../net/ip.ts';
import type { Vigil } from '../../netfilter/vigil.ts';
import type { Log } from '../../telemetry/log.ts';
import type { DnsService } from '../service.ts';
import { Lease, type LeaseState } from './lease.ts';
import { type NodePrograms, NodeTables } from './tables.ts';
import { keepVigil, type VigilHost } from './vigil.ts';

/** Calls are carried out one after the other, in order. None rejects: what fails is logged and left to other nodes. */
export interface NodeDns {
  /**
   * Answers on exactly these addresses (the DNS Service's clusterIPs, canonical), port 53; resolves to those that
   * are answered here. Takes over what an earlier run left. An address that cannot be leased is not claimed at all:
   * queries for it go by the Service's rules, as they do on a node without this agent.
   */
  claim(addresses: readonly string[]): Promise<readonly string[]>;
  /** Sends queries to the other nodes, at once; sockets stay, so that those under way are still answered. */
  release(): Promise<void>;
  /** Changes nothing in the kernel any more, as another agent does from now on; only the lease is renewed. */
  rest(): Promise<void>;
  /** For after `rest`: the other agent renews the lease. All stays as it is. */
  leave(): Promise<void>;
  /** Removes all that is ours from the kernel: lease, rules, addresses. */
  cleanup(): Promise<void>;
  state(): NodeDnsState;
}

export interface NodeDnsState {
  readonly addresses: readonly string[];
  /** `lost`: it could not be renewed, and other nodes answer until it can. */
  readonly lease: LeaseState;
}

export interface NodeDnsOptions extends VigilHost {
  readonly exec: Exec;
  /** Sockets on the addresses; they open before the first query is led to them, and close after the last. */
  readonly listener: Pick<DnsService, 'listen' | 'unlisten'>;
  /** At most one a family; addresses of other families are left to the Service's rules. */
  readonly programs: readonly NodePrograms[];
  /** Renews the lease; the system's by default. */
  readonly companion?: StartCompanion;
}

const DNS_PORT = 53;

export function createNodeDns(options: NodeDnsOptions): NodeDns {
  return new LeasedNodeDns(options);
}

class LeasedNodeDns implements NodeDns {
  readonly #options: NodeDnsOptions;
  readonly #log: Log;
  readonly #listener: NodeDnsOptions['listener'];
  readonly #tables: readonly NodeTables[];
  readonly #families: readonly Family[];
  readonly #loopback: LoopbackAddresses;
  readonly #lease: Lease;
  /** Asked for, of families that we have programs for. */
  #wanted: readonly string[] = [];
  /** Answered here: a part of `#wanted`. */
  #addresses: readonly string[] = [];
  readonly #listening = new Set<string>();
  /** Why nothing could be claimed; each reason is logged once, not with every try. */
  #failure = '';
  #queue: Promise<unknown> = Promise.resolve();
  /** While addresses are wanted. */
  #vigil: Vigil | undefined;

  constructor(options: NodeDnsOptions) {
    const { exec, clock, log, listener, programs, companion = startCompanion } = options;
    this.#options = options;
    this.#log = log;
    this.#listener = listener;
    this.#tables = programs.map((one) => new NodeTables(exec, one));
    this.#families = programs.map(({ family }) => family);
    this.#loopback = loopbackAddresses(exec);
    this.#lease = new Lease({ exec, clock, log, companion });
  }

  claim(addresses: readonly string[]): Promise<readonly string[]> {
    return this.#inTurn(async () => {
      this.#wanted = addresses.filter((address) => this.#families.includes(familyOf(address)));
      await this.#claimOrLeave();
      if (this.#wanted.length === 0) await this.#endVigil();
      else this.#vigil ??= keepVigil(this.#options, () => this.#lookAgain());
      return this.#addresses;
    });
  }

  release(): Promise<void> {
    return this.#inTurn(async () => {
      this.#wanted = [];
      this.#addresses = [];
      await this.#lease.drop(this.#families);
      await this.#endVigil();
    });
  }

  rest(): Promise<void> {
    return this.#inTurn(() => this.#endVigil());
  }

  leave(): Promise<void> {
    return this.#inTurn(() => this.#lease.pause());
  }

  cleanup(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#lease.drop(FAMILIES);
      await this.#endVigil();
      for (const tables of this.#tables) await this.#try('rules', () => tables.remove());
      await this.#try('sets', () => this.#lease.destroy(FAMILIES));
      await this.#closeBut([]);
      await this.#try('addresses', () => this.#removeAddressesBut([]));
      this.#addresses = [];
      this.#wanted = [];
    });
  }

  state(): NodeDnsState {
    return { addresses: this.#addresses, lease: this.#lease.state };
  }

  /** Wholly or not at all: rules without a lease would be a trap that nobody opens when we die. */
  async #claimOrLeave(): Promise<void> {
    try {
      await this.#claim();
      this.#failure = '';
    } catch (error) {
      await this.#lease.drop(this.#families);
      this.#addresses = [];
      if (this.#failure === messageOf(error)) return;
      this.#failure = messageOf(error);
      const message = 'DNS is not answered on its own address on this node: queries go by the Service rules';
      this.#log.error({ addresses: this.#wanted, error: this.#failure }, message);
    }
  }

  async #claim(): Promise<void> {
    const wanted = this.#wanted;
    await this.#lease.prepare(this.#families);
    await this.#lease.hold(this.#addresses.filter((address) => wanted.includes(address)));
    await this.#closeBut(wanted);
    await this.#install(wanted);
    await this.#removeAddressesBut(wanted);
    const present = await this.#loopback.list();
    const answered: string[] = [];
    for (const address of wanted) {
      const missing = !present.some((one) => one.address === address);
      if (await this.#open(address, missing)) answered.push(address);
    }
    const before = this.#addresses;
    this.#addresses = answered;
    await this.#lease.hold(answered);
    if (answered.join() !== before.join()) {
      this.#log.info({ addresses: answered }, 'answering DNS on this node');
    }
  }

  async #install(addresses: readonly string[]): Promise<void> {
    for (const tables of this.#tables) {
      await tables.install(addresses.filter((address) => familyOf(address) === tables.family));
    }
  }

  /** Address on `lo`, then sockets; false when either cannot be had. */
  async #open(address: string, missing: boolean): Promise<boolean> {
    try {
      if (missing) await this.#loopback.add(address);
      if (!this.#listening.has(address)) await this.#listener.listen({ address, port: DNS_PORT });
      this.#listening.add(address);
      return true;
    } catch (error) {
      this.#log.error({ address, error: messageOf(error) }, 'cannot answer DNS on this address');
      if (missing) await this.#loopback.remove(address).catch(() => undefined);
      return false;
    }
  }

  async #closeBut(kept: readonly string[]): Promise<void> {
    for (const address of [...this.#listening].filter((one) => !kept.includes(one))) {
      await this.#listener.unlisten({ address, port: DNS_PORT });
      this.#listening.delete(address);
    }
  }

  async #removeAddressesBut(kept: readonly string[]): Promise<void> {
    for (const { address, ours } of await this.#loopback.list()) {
      if (ours && !kept.includes(address)) await this.#loopback.remove(address);
    }
  }

  async #endVigil(): Promise<void> {
    const vigil = this.#vigil;
    this.#vigil = undefined;
    await vigil?.stop();
  }

  #lookAgain(): Promise<void> {
    return this.#inTurn(() => this.#try('rules', () => this.#verify()));
  }

  /** Other programs reload whole firewalls and addresses: what they threw out is put back. */
  async #verify(): Promise<void> {
    if (this.#wanted.length === 0) return;
    if (this.#addresses.length < this.#wanted.length) return this.#claimOrLeave();
    for (const tables of this.#tables) {
      const own = this.#addresses.filter((address) => familyOf(address) === tables.family);
      if (await tables.intact(own)) continue;
      this.#log.warn(
        { family: tables.family },
        'somebody changed the DNS rules of this node: writing them again',
      );
      await this.#lease.prepare([tables.family]);
      await tables.install(own);
    }
    const present = await this.#loopback.list();
    for (const address of this.#addresses) {
      if (present.some((one) => one.address === address)) continue;
      this.#log.warn({ address }, 'somebody removed the DNS address from lo: putting it back');
      await this.#loopback.add(address);
    }
  }

  async #try(what: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#log.error({ error: messageOf(error) }, `DNS on the node: ${what} could not be changed`);
    }
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(action);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}
