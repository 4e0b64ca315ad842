/** One query to one server and its reply, by whatever carries them. */
import type { DnsServer } from '../../../net/dnsServer.ts';
import type { Judgement } from './upstreamQuery.ts';

export interface Transport {
  /** Never rejects. */
  exchange(request: ExchangeRequest): Promise<Exchanged>;
}

export interface ExchangeRequest {
  readonly server: DnsServer;
  readonly message: Uint8Array;
  readonly judge: (received: Uint8Array) => Judgement;
  readonly timeoutMs: number;
  /** Told of each socket that the message is sent by, and whether it was open already. */
  readonly onSocket?: (open: boolean) => void;
  /** Aborted when the forwarder closes. */
  readonly signal: AbortSignal;
}

/**
 * - `reply`: the answer, whole.
 * - `doubtful`: something forged or nearly so was seen: what matters now must come by TCP.
 * - `none`: nothing in time, or the network's error.
 */
export type Exchanged =
  | { readonly kind: 'reply'; readonly message: Uint8Array }
  | { readonly kind: 'doubtful' }
  | { readonly kind: 'none'; readonly reason: string };
