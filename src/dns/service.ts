/** The DNS half as the agent holds it. */
import type { ChangeSet, Picture } from '../catalog/picture.ts';
import type { SocketAddress } from '../net/socketAddress.ts';
import type { ForwarderState } from './forward/forwarder.ts';
import type { DnsSettings, ForwardSettings } from './settings.ts';

export interface DnsService {
  /**
   * Takes over what changed; `undefined` compares everything. When it returns, all that is answered is the new
   * picture's, so that one query never sees half a change. Until `picture.synced`, a name that is not found is
   * SERVFAIL, never a denial.
   */
  update(picture: Picture, changes: ChangeSet | undefined): void;
  /** Takes new settings for names that are not the cluster's, while queries are answered; see `Forwarder`. */
  configure(forwarding: ForwardSettings): Promise<void>;
  /** Takes other settings for the cluster's own names; the next query meets them. */
  configureZone(zone: Pick<DnsSettings, 'ttl' | 'pods'>): void;
  /** Answers on this address, UDP and TCP. Rejects with the system's error when it cannot be bound. */
  listen(address: SocketAddress): Promise<void>;
  /** Stops answering on it; an address that is not served is no error. */
  unlisten(address: SocketAddress): Promise<void>;
  close(): Promise<void>;
  state(): DnsState;
}

export interface DnsState {
  readonly listening: readonly SocketAddress[];
  /** Services whose names are answered. */
  readonly services: number;
  /** Questions with ready-made answers: those that were asked. */
  readonly names: number;
  readonly queries: number;
  /** That answer beside the main one, now. */
  readonly threads: number;
  readonly forwarder: ForwarderState | undefined;
}
